import { gzipSync } from "node:zlib";
import { afterEach, expect, test, vi } from "vitest";
import { embeddedRuns, folderRuns } from "./files";

afterEach(() => vi.unstubAllGlobals());

function packed(content: string): string {
  return gzipSync(content).toString("base64");
}

test("a single file holds its runs", async () => {
  const files = { "latune.json": packed('{"format":1}'), "decoder.onnx": packed("graph") };
  const text = JSON.stringify({ runs: [{ key: "a", title: "A", medium: "tunes", files }] });
  const runs = embeddedRuns(text)!;
  expect(runs.server).toBe(false);
  expect(runs.entries).toEqual([{ key: "a", title: "A", medium: "tunes" }]);
  expect(await runs.files("a").json("latune.json")).toEqual({ format: 1 });
  expect(new TextDecoder().decode(await runs.files("a").bytes("decoder.onnx"))).toBe("graph");
  await expect(runs.files("a").bytes("moves.onnx")).rejects.toThrow("The run 'a' of this page has no file moves.onnx.");
  expect(() => runs.files("b")).toThrow("There is no run 'b' here: expected one of a.");
});

test("a page without runs in it reads them from its folder", async () => {
  expect(embeddedRuns("")).toBeNull();
  expect(embeddedRuns(null)).toBeNull();
  const listed = { server: true, runs: [{ key: "a", title: "A", medium: "tunes" }] };
  const contents: Record<string, string> = {
    "./runs.json": JSON.stringify(listed),
    "./runs/a/latune.json": '{"format":1}',
  };
  vi.stubGlobal("fetch", async (address: string) => {
    return address in contents ? new Response(contents[address]) : new Response("", { status: 404 });
  });
  const runs = await folderRuns("./");
  expect(runs.server).toBe(true);
  expect(await runs.files("a").json("latune.json")).toEqual({ format: 1 });
  await expect(runs.files("a").bytes("decoder.onnx")).rejects.toThrow(
    "Cannot read ./runs/a/decoder.onnx: the server says 404.",
  );
});
