/** The worker of this page, in the form that every build of it knows. */

import binary from "onnxruntime-web/ort-wasm-simd-threaded.wasm?url";

import type { EngineBinary } from "./graphs";
import { Host } from "./host";

/** A host of models: its worker and the engine's binary are found by the build. */
export function startHost(): Host {
  return new Host({
    worker: () => new Worker(new URL("./worker.ts", import.meta.url), { type: "module" }),
    binary: engineBinary,
  });
}

/** Where the worker finds the binary; its bytes in a page that is one file, whose own addresses no worker can read. */
async function engineBinary(): Promise<EngineBinary> {
  const address = new URL(binary, globalThis.location.href);
  return address.protocol === "blob:" ? (await fetch(address)).arrayBuffer() : address.href;
}
