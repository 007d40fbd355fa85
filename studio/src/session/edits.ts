/** From a state to edited items: crossfade, genre and moves first, then knobs. */

import { parts, type Edited, type EditRequest, type Model, type Way } from "../model";
import type { ExactEditor } from "./server";
import type { Source } from "./sources";
import type { State } from "./types";

const KEPT = 1024; // edited items that are remembered, so that undo and single measures cost nothing

/** Edits of one run; equal requests are answered once. */
export class Edits {
  private readonly known = new Map<string, Edited>();
  private base: { key: string; items: Edited[] } | null = null;

  constructor(
    private readonly key: string,
    private readonly model: Model,
    private readonly server: ExactEditor | null,
  ) {}

  /** The items that knobs begin with, where they need not be computed. */
  knownBases(state: State, source: Source, second: Source | null): Edited[] | null {
    if (!second && state.genre === null && state.moves.length === 0) return source;
    return this.base?.key === baseKey(state, source, second) ? this.base.items : null;
  }

  /** The items that knobs begin with: what crossfade, genre and moves make of the source. */
  async bases(state: State, source: Source, second: Source | null): Promise<Edited[]> {
    const [key, items] = [baseKey(state, source, second), await this.moved(state, source, second)];
    this.base = { key, items };
    return items;
  }

  /** What the state asks, by the joint movement; what was found on the path before, where it was. */
  async quick(state: State, bases: Edited[]): Promise<Edited[]> {
    const found = bases.map((base, n) => this.remembered(state, base, n, settledWay(state)));
    return this.completed(state, bases, found, "joint");
  }

  /** Whether nothing better than `quick` is to be had. */
  isSettled(state: State, bases: Edited[]): boolean {
    return bases.every((base, n) => this.remembered(state, base, n, settledWay(state)) !== null);
  }

  /** What the state asks, by measuring along the path, or by the server. */
  async settled(state: State, bases: Edited[], signal: AbortSignal): Promise<Edited[]> {
    const found = bases.map((base, n) => this.remembered(state, base, n, settledWay(state)));
    return this.completed(state, bases, found, settledWay(state), signal);
  }

  private async completed(
    state: State,
    bases: Edited[],
    found: (Edited | null)[],
    way: Way | "exact",
    signal?: AbortSignal,
  ): Promise<Edited[]> {
    const result = bases.map((base, n) => found[n] ?? this.remembered(state, base, n, way));
    const missing = result.flatMap((one, n) => (one ? [] : [n]));
    if (missing.length > 0) {
      const requests = missing.map((n) => request(state, bases[n], n, way));
      const answers = await this.answered(requests, way, signal);
      missing.forEach((n, k) => {
        result[n] = answers[k];
        this.remember(editKey(state, bases[n], n, way), answers[k]);
      });
    }
    return result as Edited[];
  }

  private async answered(requests: EditRequest[], way: Way | "exact", signal?: AbortSignal): Promise<Edited[]> {
    if (way !== "exact") return this.model.editAll(requests, signal);
    if (!this.server) throw new Error("Exact edits need a server: start the page by latune studio.");
    return this.server.edit(this.key, this.model, requests, signal!);
  }

  /** An edit that was made before; of items of which nothing is asked, themselves. */
  private remembered(state: State, base: Edited, n: number, way: Way | "exact"): Edited | null {
    if (Object.keys(state.targets[n]).length === 0) return base;
    return this.known.get(editKey(state, base, n, way)) ?? null;
  }

  private remember(key: string, edited: Edited): void {
    this.known.delete(key);
    this.known.set(key, edited);
    const oldest = this.known.keys().next();
    if (this.known.size > KEPT && !oldest.done) this.known.delete(oldest.value);
  }

  private async moved(state: State, source: Source, second: Source | null): Promise<Edited[]> {
    const { model } = this;
    let codes = faded(source, second, state.share);
    if (state.genre !== null) codes = await model.carry(codes, genreIndex(model, state.genre));
    for (const name of state.moves) codes = await model.move(codes, moveIndex(model, name));
    const each = parts(codes, model.latentSize);
    const requests = each.map((code, n): EditRequest => {
      return { item: source[n].item, codes: code, targets: {}, held: [], way: "joint" };
    });
    return model.editAll(requests);
  }
}

function baseKey({ moves, genre, share }: State, source: Source, second: Source | null): string {
  return JSON.stringify([identity(source), second && identity(second), second && share, genre, moves]);
}

/** Codes between two sources; the second one is repeated until it is as long as the first. */
function faded(source: Source, second: Source | null, share: number): Float32Array {
  const size = source[0].codes.length;
  const codes = new Float32Array(source.length * size);
  source.forEach((one, n) => {
    const other = second?.[n % second.length].codes;
    codes.set(other ? one.codes.map((x, d) => (1 - share) * x + share * other[d]) : one.codes, n * size);
  });
  return codes;
}

function settledWay(state: State): "path" | "exact" {
  return state.exact ? "exact" : "path";
}

function request(state: State, base: Edited, n: number, way: Way | "exact"): EditRequest {
  const held = state.held.filter((name) => !(name in state.targets[n]));
  const { item, codes } = base;
  return { item, codes, targets: state.targets[n], held, way: way === "exact" ? "path" : way };
}

function editKey(state: State, base: Edited, n: number, way: Way | "exact"): string {
  return JSON.stringify([identity(base), state.targets[n], [...state.held].sort(), way]);
}

const numbers = new WeakMap<object, number>();
let last = 0;

/** A number for each object: cheaper than what is in it. */
function identity(object: object): number {
  if (!numbers.has(object)) numbers.set(object, ++last);
  return numbers.get(object)!;
}

function genreIndex(model: Model, name: string): number {
  const index = model.studio.genres?.names.indexOf(name) ?? -1;
  if (index < 0) throw new Error(`This run knows no genre '${name}'.`);
  return index;
}

function moveIndex(model: Model, name: string): number {
  const index = model.studio.moves?.names.indexOf(name) ?? -1;
  if (index < 0) throw new Error(`This run has no move '${name}'.`);
  return index;
}
