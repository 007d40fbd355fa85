/** Files of runs and the engine's binary for tests, which run in Node. */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { setEngine } from "./graphs";
import type { RunFiles } from "./types";

const ROOT = new URL("../../", import.meta.url);
const BINARY = new URL("node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm", ROOT);

/** Give onnxruntime its binary. */
export function setNodeEngine(): void {
  const bytes = readFileSync(BINARY);
  setEngine(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer);
}

/** Files of a folder. */
export function nodeFiles(folder: string): RunFiles {
  return {
    json: async (name) => JSON.parse(readFileSync(`${folder}/${name}`, "utf8")),
    bytes: async (name) => new Uint8Array(readFileSync(`${folder}/${name}`)),
  };
}

/** A golden folder or file. */
export function golden(name: string): string {
  return fileURLToPath(new URL(`tests/golden/${name}`, ROOT));
}

/** A golden JSON file. */
export function goldenJson<T>(name: string): T {
  return JSON.parse(readFileSync(golden(name), "utf8")) as T;
}
