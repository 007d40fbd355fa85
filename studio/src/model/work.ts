/** What the worker does with messages: one request after the other, urgent ones first, unwanted ones not at all. */

import { Engine, nextTask } from "./engine";
import { setEngine } from "./graphs";
import type { FromWorker, ToWorker } from "./protocol";

type Request = Extract<ToWorker, { kind: "open" | "call" }>;

/** The worker's side, given how it answers. */
export class Work {
  private readonly engines = new Map<number, Engine>();
  private readonly controllers = new Map<number, AbortController>(); // of requests that wait or run
  private readonly waiting: Request[] = [];
  private busy = false;

  constructor(private readonly answer: (message: FromWorker) => void) {}

  /** Take a message. */
  receive(message: ToWorker): void {
    if (message.kind === "engine") setEngine(message.binary);
    else if (message.kind === "abort") this.controllers.get(message.id)?.abort();
    else if (message.kind === "close") this.close(message.model);
    else this.enqueue(message);
  }

  private enqueue(request: Request): void {
    this.controllers.set(request.id, new AbortController());
    this.waiting.push(request);
    if (!this.busy) void this.work();
  }

  private async work(): Promise<void> {
    this.busy = true;
    for (let request = this.next(); request; request = this.next()) {
      await this.serve(request);
      await nextTask(); // let in what makes the next request urgent or unwanted
    }
    this.busy = false;
  }

  private next(): Request | undefined {
    const urgent = this.waiting.findIndex((request) => request.kind === "call" && request.urgent);
    return this.waiting.splice(Math.max(urgent, 0), 1)[0];
  }

  private async serve(request: Request): Promise<void> {
    const { signal } = this.controllers.get(request.id)!;
    try {
      signal.throwIfAborted();
      this.answer({ id: request.id, result: await this.result(request, signal) });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.answer({ id: request.id, error: reason, aborted: signal.aborted });
    } finally {
      this.controllers.delete(request.id);
    }
  }

  private async result(request: Request, signal: AbortSignal): Promise<unknown> {
    if (request.kind === "open") {
      const { description, studio, graphs, model } = request;
      const files = { json: refused, bytes: async (name: string) => graphs[name] };
      this.engines.set(model, await Engine.open(description, studio, files));
      return null;
    }
    const engine = this.engines.get(request.model);
    if (!engine) throw new Error("This run was closed.");
    const method = engine[request.method] as (...args: unknown[]) => Promise<unknown>;
    return method.call(engine, ...request.args, signal);
  }

  private close(model: number): void {
    this.engines.get(model)?.close();
    this.engines.delete(model);
  }
}

async function refused(name: string): Promise<never> {
  throw new Error(`The worker was not given ${name}.`);
}
