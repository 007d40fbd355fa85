/** A run's model where its graphs are computed: in the worker of a page, or in a test. */

import { comparerOf, measurerOf, type Comparer, type Measurer } from "../measures";
import { joined, joinedBytes, parts } from "./arrays";
import { Genres } from "./genres";
import { Graph } from "./graphs";
import { encoderInput, itemLengthOf, itemShape, levelsOf, likeliest, rounded } from "./items";
import { Knobs } from "./knobs";
import { codeSource, type CodeSource } from "./sampling";
import { searchPath } from "./search";
import { heldNames, unturned, writtenPhrase } from "./tunes";
import type { Decoded, Description, Edited, EditRequest, Model, RunFiles, StudioData } from "./types";

const BATCH_ELEMENTS = 400_000; // of decoded items at a time: bounds the memory
const SMALLEST_BATCH = 32;

/** Open a run here, without a worker. */
export async function openEngine(files: RunFiles): Promise<Engine> {
  const [description, studio] = await Promise.all([files.json("latune.json"), files.json("studio.json")]);
  return Engine.open(description as Description, studio as StudioData, files);
}

/** All that can be asked of a model, computed at once. */
export class Engine implements Model {
  readonly itemLength: number;
  readonly latentSize: number;
  private readonly knobs: Knobs;
  private readonly genres: Genres | null;
  private readonly measurer: Measurer;
  private readonly comparer: Comparer;
  private source: CodeSource | null = null;

  private constructor(
    readonly description: Description,
    readonly studio: StudioData,
    private readonly graphs: Record<string, Graph>,
  ) {
    this.itemLength = itemLengthOf(description);
    this.latentSize = description.latent_size;
    this.knobs = new Knobs(description.knobs);
    this.genres = studio.genres ? new Genres(studio.genres, this.latentSize) : null;
    this.measurer = measurerOf(description, (name, input, count) => this.runGraph(name, input, count));
    this.comparer = comparerOf(description);
  }

  /** Open all graphs of a run. */
  static async open(description: Description, studio: StudioData, files: RunFiles): Promise<Engine> {
    const graphs: Record<string, Graph> = {};
    for (const [name, graph] of Object.entries(description.graphs)) graphs[name] = await Graph.open(files, graph.file);
    if (studio.moves) graphs.moves = await Graph.open(files, studio.moves.file);
    return new Engine(description, studio, graphs);
  }

  async encode(items: Uint8Array): Promise<Float32Array> {
    const count = items.length / this.itemLength;
    const shape = [count, ...itemShape(this.description)];
    const { mean } = await this.graphs.encoder.run({ data: encoderInput(items, this.description.codec), shape });
    return mean as Float32Array;
  }

  async decode(codes: Float32Array): Promise<Decoded> {
    const size = this.latentSize;
    const step = Math.max(SMALLEST_BATCH, Math.floor(BATCH_ELEMENTS / this.itemLength)) * size;
    const batches: Decoded[] = [];
    for (let start = 0; start < codes.length; start += step) {
      batches.push(await this.decodeBatch(codes.subarray(start, start + step)));
    }
    if (batches.length === 1) return batches[0];
    return {
      items: joinedBytes(batches.map((batch) => batch.items)),
      shown: joinedBytes(batches.map((batch) => batch.shown)),
    };
  }

  measure(items: Uint8Array): Promise<Float64Array> {
    return this.measurer.measure(items, items.length / this.itemLength);
  }

  async edit(request: EditRequest, signal?: AbortSignal): Promise<Edited> {
    return (await this.editAll([request], signal))[0];
  }

  async editAll(requests: EditRequest[], signal?: AbortSignal): Promise<Edited[]> {
    signal?.throwIfAborted();
    const codes: Float32Array[] = [];
    for (const request of requests) codes.push(await this.editedCodes(request, signal));
    return this.edited(requests, codes);
  }

  async sweep(request: EditRequest, name: string, values: number[], signal?: AbortSignal): Promise<Decoded> {
    signal?.throwIfAborted();
    const held = heldNames(this.description, request.held, { ...request.targets, [name]: 0 });
    const moved = values.map((value) =>
      this.knobs.turn(request.codes, { ...request.targets, [name]: value }, held, "joint"),
    );
    return this.decode(joined(moved, this.latentSize));
  }

  async sample(count: number, targets: Record<string, number>, seed: number, genre?: number): Promise<Float32Array> {
    const drawn = this.draw(count, seed, genre);
    if (Object.keys(targets).length === 0) return drawn;
    const moved = parts(drawn, this.latentSize).map((codes) => this.knobs.turn(codes, targets, [], "joint"));
    return joined(moved, this.latentSize);
  }

  async move(codes: Float32Array, move: number): Promise<Float32Array> {
    const { graph, name } = this.moves();
    const outputs = await graph.run(...this.moveInputs(codes, move));
    return outputs[name] as Float32Array;
  }

  async place(codes: Float32Array): Promise<Int32Array> {
    if (this.genres && this.genres.count > 0) return this.genres.of(codes);
    if (!this.graphs.moves) return new Int32Array(codes.length / this.latentSize).fill(-1);
    const { regions } = await this.graphs.moves.run(...this.moveInputs(codes, 0));
    if (!regions) throw new Error("The graph of moves does not say regions: export the run anew.");
    return Int32Array.from(regions as Int32Array, Number);
  }

  async carry(codes: Float32Array, genre: number): Promise<Float32Array> {
    if (!this.genres?.count) throw new Error("This run knows no genres.");
    if (!(genre in this.genres.data.names))
      throw new Error(`This run has ${this.genres.count} genres: got number ${genre}.`);
    return this.genres.carry(codes, genre);
  }

  close(): void {
    for (const graph of Object.values(this.graphs)) void graph.close();
  }

  private async decodeBatch(codes: Float32Array): Promise<Decoded> {
    const outputs = await this.graphs.decoder.run({
      data: codes,
      shape: [codes.length / this.latentSize, this.latentSize],
    });
    const { name, shape } = this.description.graphs.decoder.outputs[0];
    const numbers = outputs[name] as Float32Array;
    const levels = levelsOf(this.description.codec);
    if (levels === 0) {
      const items = likeliest(numbers, Number(shape[shape.length - 1]));
      return { items, shown: items };
    }
    const items = rounded(numbers, levels);
    return { items, shown: levels === 255 ? items : rounded(numbers, 255) };
  }

  private async editedCodes(request: EditRequest, signal?: AbortSignal): Promise<Float32Array> {
    const { codes, targets, way } = request;
    const held = heldNames(this.description, request.held, targets);
    if (Object.keys(targets).length === 0 || unturned(this.description, request.item)) return codes;
    if (way !== "path") return this.knobs.turn(codes, targets, held, way);
    const tools = {
      knobs: this.knobs,
      itemLength: this.itemLength,
      decode: async (candidates: Float32Array) => (await this.decode(candidates)).items,
      measure: (items: Uint8Array, names: string[]) => this.measureNamed(items, names),
      similarity: (items: Uint8Array) => this.comparer.similarity(items, request.item),
      empty: (items: Uint8Array) => this.comparer.empty(items),
      pause: () => pause(signal),
    };
    const found = await searchPath(request.item, codes, targets, held, tools);
    // Where nothing on the path has the attribute, or this page cannot measure it, the calibration is all there is.
    return found.measured ? found.codes : this.knobs.turn(codes, targets, held, "joint");
  }

  /** Decoded and measured; what is not asked to change does not. */
  private async edited(requests: EditRequest[], codes: Float32Array[]): Promise<Edited[]> {
    const length = this.itemLength;
    const { items, shown } = await this.decode(joined(codes, this.latentSize));
    const pictures = levelsOf(this.description.codec) > 0;
    requests.forEach(({ item, targets }, n) => {
      if (!pictures) items.set(this.written(item, items.slice(n * length, (n + 1) * length), targets), n * length);
    });
    const values = parts(await this.measure(items), this.description.attributes.length);
    const [each, eachShown] = [parts(items, length), parts(pictures ? shown : items, length)];
    return codes.map((code, n) => ({ item: each[n], shown: eachShown[n], codes: code, values: values[n] }));
  }

  /** A decoded item of music with what stays as it was. */
  private written(item: Uint8Array, decoded: Uint8Array, targets: Record<string, number>): Uint8Array {
    if (Object.keys(targets).length === 0) return decoded;
    const { description } = this;
    return unturned(description, item) ? item : writtenPhrase(description, item, decoded, targets);
  }

  private async measureNamed(items: Uint8Array, names: string[]): Promise<Float64Array> {
    const all = await this.measure(items);
    const known = this.description.attributes.map((attribute) => attribute.name);
    const columns = names.map((name) => known.indexOf(name));
    const result = new Float64Array((all.length / known.length) * names.length);
    for (let i = 0; i < result.length; i++) {
      result[i] = all[Math.floor(i / names.length) * known.length + columns[i % names.length]];
    }
    return result;
  }

  private draw(count: number, seed: number, genre?: number): Float32Array {
    this.source ??= codeSource(this.description, this.studio);
    return this.source.draw(count, seed, genre);
  }

  private async runGraph(name: string, input: Float32Array, count: number): Promise<Float32Array> {
    const { input: port, outputs: ports } = this.description.graphs[name];
    const outputs = await this.graphs[name].run({ data: input, shape: [count, ...port.shape.slice(1).map(Number)] });
    return outputs[ports[0].name] as Float32Array;
  }

  private moves(): { graph: Graph; name: string } {
    const graph = this.graphs.moves;
    if (!graph) throw new Error("This run has no moves.");
    return { graph, name: graph.outputs[0] };
  }

  private moveInputs(
    codes: Float32Array,
    move: number,
  ): [{ data: Float32Array; shape: number[] }, { data: Int32Array; shape: number[] }] {
    const count = codes.length / this.latentSize;
    return [
      { data: codes, shape: [count, this.latentSize] },
      { data: new Int32Array(count).fill(move), shape: [count] },
    ];
  }
}

/** Let messages in, so that a request that is no longer wanted can stop. */
async function pause(signal?: AbortSignal): Promise<void> {
  if (!signal) return;
  await nextTask();
  signal.throwIfAborted();
}

/** Resolves in a task of its own, after messages that wait. */
export function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
