/** The graphs of a run, computed by onnxruntime in WebAssembly. */

import * as ort from "onnxruntime-web/wasm";
import type { RunFiles } from "./types";

/** The engine's binary: its bytes, or where they are. */
export type EngineBinary = ArrayBuffer | string;

/** Numbers that graphs read and give. */
export type Numbers = Float32Array | Int32Array | BigInt64Array;

/** Tell onnxruntime where its binary is, before the first graph is opened. */
export function setEngine(binary: EngineBinary): void {
  ort.env.wasm.numThreads = 1; // several need headers that static hosts do not send
  ort.env.wasm.proxy = false;
  if (typeof binary === "string") ort.env.wasm.wasmPaths = { wasm: binary };
  else ort.env.wasm.wasmBinary = binary;
}

/** An opened graph. */
export class Graph {
  private constructor(private readonly session: ort.InferenceSession) {}

  /** Open a graph from its file. */
  static async open(files: RunFiles, file: string): Promise<Graph> {
    return new Graph(await ort.InferenceSession.create(await files.bytes(file), { graphOptimizationLevel: "all" }));
  }

  get outputs(): readonly string[] {
    return this.session.outputNames;
  }

  /** Outputs by name for inputs in the graph's order, each with its shape. */
  async run(...inputs: { data: Numbers; shape: number[] }[]): Promise<Record<string, Numbers>> {
    const feeds = Object.fromEntries(
      inputs.map(({ data, shape }, n) => [this.session.inputNames[n], tensor(this.fitting(n, data), shape)]),
    );
    const results = await this.session.run(feeds);
    return Object.fromEntries(Object.entries(results).map(([name, result]) => [name, result.data as Numbers]));
  }

  async close(): Promise<void> {
    await this.session.release();
  }

  /** Whole numbers in the width that the graph wants. */
  private fitting(input: number, data: Numbers): Numbers {
    const metadata = this.session.inputMetadata[input];
    const wide = metadata.isTensor && metadata.type === "int64";
    return wide && data instanceof Int32Array ? BigInt64Array.from(data, BigInt) : data;
  }
}

function tensor(data: Numbers, shape: number[]): ort.Tensor {
  if (data instanceof Float32Array) return new ort.Tensor("float32", data, shape);
  return data instanceof Int32Array ? new ort.Tensor("int32", data, shape) : new ort.Tensor("int64", data, shape);
}
