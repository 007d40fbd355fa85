import { beforeAll, expect, test, vi } from "vitest";
import { golden, goldenJson, nodeFiles, setNodeEngine } from "./node_files";
import { Host } from "./host";
import type { FromWorker, ToWorker } from "./protocol";
import type { EditRequest, Model } from "./types";
import { Work } from "./work";

/** A worker in this thread: messages are copied and arrive later, as between threads. */
class NearWorker {
  onmessage: ((event: { data: FromWorker }) => void) | null = null;
  readonly received: string[] = [];
  private readonly work = new Work((message) => {
    setTimeout(() => this.onmessage?.({ data: structuredClone(message) }));
  });

  postMessage(message: ToWorker): void {
    const copy = structuredClone(message);
    this.received.push(copy.kind);
    setTimeout(() => this.work.receive(copy));
  }
}

const cases = goldenJson<{ items: number[][]; codes: number[][] }>("melodies/cases.json");
let worker: NearWorker;
let host: Host;
let model: Model;

beforeAll(async () => {
  setNodeEngine();
  worker = new NearWorker();
  host = new Host({ worker: () => worker as unknown as Worker });
  model = await host.open(nodeFiles(golden("melodies")));
});

function request(way: "joint" | "path", density: number): EditRequest {
  const [item, codes] = [Uint8Array.from(cases.items[0]), Float32Array.from(cases.codes[0])];
  return { item, codes, targets: { note_density: density }, held: [], way };
}

test("answers of the worker are those of the engine", async () => {
  const codes = await model.encode(Uint8Array.from(cases.items.flat()));
  cases.codes.flat().forEach((x, i) => expect(codes[i]).toBeCloseTo(x, 4));
  const edited = await model.edit(request("joint", 0.2));
  expect(edited.item.length).toBe(model.itemLength);
  expect(edited.values.length).toBe(model.description.attributes.length);
});

test("what waits is dropped when it is no longer wanted, what hurries overtakes", async () => {
  const order: string[] = [];
  const controllers = [1, 2, 3].map(() => new AbortController());
  const noted = (name: string) => (): void => void order.push(name);
  const paths = controllers.map(({ signal }, n) => {
    return model.edit(request("path", 0.1 * (n + 1)), signal).then(noted(`path ${n}`), noted(`dropped ${n}`));
  });
  await vi.waitFor(() => expect(worker.received.filter((kind) => kind === "call").length).toBeGreaterThan(3));
  controllers[1].abort();
  const joint = model.edit(request("joint", 0.3)).then(noted("joint"));
  await Promise.all([...paths, joint]);
  expect(order[0]).toBe("dropped 1");
  expect(order.indexOf("joint")).toBeLessThan(order.indexOf("path 2"));
  expect(worker.received).toContain("abort");
});

test("a fault is one sentence, and the worker lives on", async () => {
  await expect(model.move(Float32Array.from(cases.codes[0]), 0)).rejects.toThrow("This run has no moves.");
  expect((await model.decode(Float32Array.from(cases.codes[0]))).items.length).toBe(model.itemLength);
});

test("several runs share a worker, and a closed one answers no more", async () => {
  const other = await host.open(nodeFiles(golden("moves")));
  expect(other.studio.moves!.names.length).toBeGreaterThan(0);
  expect((await other.sample(2, {}, 0)).length).toBe(2 * other.latentSize);
  other.close();
  await expect(other.sample(2, {}, 0)).rejects.toThrow("This run was closed.");
  expect((await model.sample(1, {}, 0)).length).toBe(model.latentSize);
});
