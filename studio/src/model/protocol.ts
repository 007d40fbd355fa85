/** Messages between the page and the worker that computes. */

import type { EngineBinary } from "./graphs";
import type { Description, Model, StudioData } from "./types";

/** Questions that are answered by the worker. */
export type Method = Exclude<keyof Model, "description" | "studio" | "itemLength" | "latentSize" | "close">;

export type ToWorker =
  | { kind: "engine"; binary: EngineBinary }
  | {
      kind: "open";
      id: number;
      model: number;
      description: Description;
      studio: StudioData;
      graphs: Record<string, Uint8Array>;
    }
  | { kind: "call"; id: number; model: number; method: Method; args: unknown[]; urgent: boolean }
  | { kind: "abort"; id: number }
  | { kind: "close"; model: number };

export type FromWorker = { id: number; result: unknown } | { id: number; error: string; aborted: boolean };
