import { afterEach, expect, test, vi } from "vitest";

import { base64OfBytes, bytesOfBase64 } from "./base64";

const BYTES = Uint8Array.from({ length: 256 }, (_, place) => 255 - place);

afterEach(() => vi.unstubAllGlobals());

test.each([0, 1, 2, 3, 256])("%i bytes come back", (count) => {
  expect(bytesOfBase64(base64OfBytes(BYTES.slice(0, count)))).toEqual(BYTES.slice(0, count));
});

test("browsers that decode base64 themselves are asked to", () => {
  vi.stubGlobal("Uint8Array", Object.assign(class extends Uint8Array {}, { fromBase64: (text: string) => `asked: ${text}` }));
  expect(bytesOfBase64("AAAA")).toBe("asked: AAAA");
});
