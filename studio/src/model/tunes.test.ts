import { expect, test } from "vitest";
import { heldNames, unturned, writtenPhrase } from "./tunes";
import type { Description } from "./types";

const [REST, HOLD, LOW, HIGH] = [0, 1, 2, 3]; // tokens
const measure = { kind: "measure", metre: "1/4", vocabulary: "midi", symbols: [], values: [-2, -1, 60, 72] };
const names = ["density", "contour"];
const attributes = [...names, ...[1, 2, 3].flatMap((m) => names.map((name) => `${name}_${m}`))].map((name) => ({
  name,
}));
const single = { codec: measure, attributes: attributes.slice(0, 2) } as unknown as Description;
const phrase = { codec: { kind: "phrase", measures: 3, measure }, attributes } as unknown as Description;

function item(...tokens: number[]): Uint8Array {
  return Uint8Array.from(tokens.flatMap((token) => [token, HOLD, HOLD, HOLD, HOLD, HOLD]));
}

test("a measure without a note is turned by no knob", () => {
  expect(unturned(single, item(REST))).toBe(true);
  expect(unturned(single, item(LOW))).toBe(false);
  expect(unturned(phrase, item(REST, REST, REST))).toBe(false);
});

test("holding an attribute of a phrase holds it in every measure", () => {
  expect(heldNames(phrase, ["contour", "density_2"], { density: 1 })).toEqual([
    "contour_1",
    "contour_2",
    "contour_3",
    "density_2",
  ]);
  expect(heldNames(phrase, ["contour", "density"], { density: 1, contour_2: 0 })).toEqual(["contour_1", "contour_3"]);
  expect(heldNames(single, ["contour", "density"], { density: 1 })).toEqual(["contour"]);
});

test("measures without a note stay, equal ones stay equal where the same is asked of them", () => {
  const [before, after] = [item(LOW, REST, LOW), item(HIGH, HIGH, LOW)];
  expect(writtenPhrase(phrase, before, after, { density: 1 })).toEqual(item(HIGH, REST, HIGH));
  expect(writtenPhrase(phrase, before, after, { density_3: 1 })).toEqual(item(HIGH, REST, LOW));
  expect(writtenPhrase(single, item(LOW), item(HIGH), { density: 1 })).toEqual(item(HIGH));
});
