/** The page's side of the worker: models whose every method is a message. */

import { itemLengthOf } from "./items";
import type { EngineBinary } from "./graphs";
import type { FromWorker, Method, ToWorker } from "./protocol";
import type { Decoded, Description, Edited, EditRequest, Model, RunFiles, StudioData } from "./types";

/** What the page hands in: how its build makes a worker, and where the engine's binary is. */
export interface HostOptions {
  worker(): Worker;
  /** The engine's binary or its address; left out where the worker finds it beside itself. */
  binary?(): Promise<EngineBinary>;
}

interface Pending {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** One worker for all models of a page. */
export class Host {
  private starting: Promise<Worker> | null = null;
  private started: Worker | null = null; // once it is there, requests leave at once
  private readonly pending = new Map<number, Pending>();
  private count = 0;
  private failure: string | null = null; // why the worker is gone

  constructor(private readonly options: HostOptions) {}

  /** Open a run: its graphs go to the worker, what the page reads stays here. */
  async open(files: RunFiles): Promise<Model> {
    const [description, studio] = await Promise.all([
      files.json("latune.json") as Promise<Description>,
      files.json("studio.json") as Promise<StudioData>,
    ]);
    const names = Object.values(description.graphs).map((graph) => graph.file);
    if (studio.moves) names.push(studio.moves.file);
    const bytes = await Promise.all(names.map((name) => files.bytes(name)));
    const graphs = Object.fromEntries(names.map((name, n) => [name, bytes[n]]));
    const model = ++this.count;
    await this.request((id) => ({ kind: "open", id, model, description, studio, graphs }));
    return new RemoteModel(description, studio, this, model);
  }

  /** Ask a model; an aborted request rejects at once. */
  call(model: number, method: Method, args: unknown[], urgent: boolean, signal?: AbortSignal): Promise<unknown> {
    return this.request((id) => ({ kind: "call", id, model, method, args, urgent }), signal);
  }

  /** Let go of a model. */
  close(model: number): void {
    if (this.started) post(this.started, { kind: "close", model });
  }

  private async request(message: (id: number) => ToWorker, signal?: AbortSignal): Promise<unknown> {
    const worker = this.started ?? (await (this.starting ??= this.start()));
    if (this.failure !== null) throw new Error(this.failure);
    signal?.throwIfAborted();
    const id = ++this.count;
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        this.pending.delete(id);
        post(worker, { kind: "abort", id });
        reject(signal!.reason as Error);
      };
      signal?.addEventListener("abort", abort, { once: true });
      const done = (): void => signal?.removeEventListener("abort", abort);
      this.pending.set(id, {
        resolve: (result) => (done(), resolve(result)),
        reject: (error) => (done(), reject(error)),
      });
      post(worker, message(id));
    });
  }

  private async start(): Promise<Worker> {
    const worker = this.options.worker();
    worker.onmessage = (event: MessageEvent<FromWorker>) => this.receive(event.data);
    worker.onerror = (event) => this.fail(event.message || "The worker of this page cannot be started.");
    const binary = await this.options.binary?.();
    if (binary !== undefined) post(worker, { kind: "engine", binary }, binary instanceof ArrayBuffer ? [binary] : []);
    this.started = worker;
    return worker;
  }

  private receive(message: FromWorker): void {
    const pending = this.pending.get(message.id);
    this.pending.delete(message.id);
    if ("error" in message) {
      pending?.reject(message.aborted ? new DOMException(message.error, "AbortError") : new Error(message.error));
    } else {
      pending?.resolve(message.result);
    }
  }

  private fail(reason: string): void {
    this.failure = reason;
    for (const pending of this.pending.values()) pending.reject(new Error(reason));
    this.pending.clear();
  }
}

/** A model in the worker. */
class RemoteModel implements Model {
  readonly itemLength: number;
  readonly latentSize: number;

  constructor(
    readonly description: Description,
    readonly studio: StudioData,
    private readonly host: Host,
    private readonly number: number,
  ) {
    this.itemLength = itemLengthOf(description);
    this.latentSize = description.latent_size;
  }

  encode(items: Uint8Array): Promise<Float32Array> {
    return this.ask("encode", [items]);
  }

  decode(codes: Float32Array): Promise<Decoded> {
    return this.ask("decode", [codes]);
  }

  measure(items: Uint8Array): Promise<Float64Array> {
    return this.ask("measure", [items]);
  }

  edit(request: EditRequest, signal?: AbortSignal): Promise<Edited> {
    return this.ask("edit", [request], signal, request.way !== "path");
  }

  editAll(requests: EditRequest[], signal?: AbortSignal): Promise<Edited[]> {
    return this.ask(
      "editAll",
      [requests],
      signal,
      requests.every((request) => request.way !== "path"),
    );
  }

  sweep(request: EditRequest, name: string, values: number[], signal?: AbortSignal): Promise<Decoded> {
    return this.ask("sweep", [request, name, values], signal);
  }

  sample(count: number, targets: Record<string, number>, seed: number, genre?: number): Promise<Float32Array> {
    return this.ask("sample", [count, targets, seed, genre]);
  }

  move(codes: Float32Array, move: number): Promise<Float32Array> {
    return this.ask("move", [codes, move]);
  }

  place(codes: Float32Array): Promise<Int32Array> {
    return this.ask("place", [codes]);
  }

  carry(codes: Float32Array, genre: number): Promise<Float32Array> {
    return this.ask("carry", [codes, genre]);
  }

  close(): void {
    this.host.close(this.number);
  }

  private ask<T>(method: Method, args: unknown[], signal?: AbortSignal, urgent = false): Promise<T> {
    return this.host.call(this.number, method, args, urgent, signal) as Promise<T>;
  }
}

function post(worker: Worker, message: ToWorker, given: Transferable[] = []): void {
  worker.postMessage(message, given);
}
