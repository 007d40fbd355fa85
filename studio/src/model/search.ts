/**
 * The search along the joint path, as `latune.control.search.search_path`: each knob in turn is swept over its range
 * while all dimensions follow, the positions are decoded and measured, and the stretch around the best one is looked at
 * more finely. What comes closest to the request wins; among equals what keeps most of the item, and what leaves
 * attributes alone that real items give no reason to move.
 */

import type { Knob, Knobs } from "./knobs";

const SWEEP = 61; // positions per knob
const FINER = 5; // positions between two neighbours of a sweep, on either side of the best one
const BEYOND = 0.25; // a sweep reaches beyond the knob's range by this share of it, at either end
const TURNS = 2; // passes over the knobs where several are set
const ENOUGH = 0.005; // an error below this share of the range is not improved further
const ERROR_WEIGHT = 20; // an error of 5 % of the range weighs as much as losing the whole item
const MISSING = 1e3; // ranges: what lacks the attribute is further off than anything that has it
const SIDE_EFFECT_WEIGHT = 2;
const TOLERATED = 0.4; // side effects, 0 to 1, beyond which a candidate is improved further
const LEAST_SPAN = 1e-9;

/** What a search works with. */
export interface Tools {
  knobs: Knobs;
  itemLength: number;
  decode(codes: Float32Array): Promise<Uint8Array>;
  measure(items: Uint8Array, names: string[]): Promise<Float64Array>; // count x names
  /** How much of the item each of several others keeps, 0 to 1. */
  similarity(items: Uint8Array): Float64Array;
  empty(items: Uint8Array): boolean[];
  /** Called between batches; throws where the search is no longer wanted. */
  pause(): Promise<void>;
}

/** What a search found: the best code and its decoded item. */
export interface Found {
  codes: Float32Array;
  item: Uint8Array;
  error: number; // largest distance of a requested or held attribute from its target, as share of its range
  measured: boolean; // whether it has all requested attributes
}

interface Tried {
  codes: Float32Array[];
  items: Uint8Array; // all candidates, one after the other
  values: Float64Array; // candidates x names
  kept: Float64Array;
}

/** The joint movement of one item whose decoded item comes closest to the requested values. */
export async function searchPath(
  item: Uint8Array,
  codes: Float32Array,
  targets: Record<string, number>,
  held: string[],
  tools: Tools,
): Promise<Found> {
  const state = await begin(item, codes, targets, held, tools);
  const places = Object.fromEntries(
    Object.entries(targets).map(([name, value]) => [name, tools.knobs.named(name).codeOf(value)]),
  );
  const names = Object.keys(targets);
  for (let turn = 0; turn < (names.length > 1 ? TURNS : 1); turn++) {
    for (const name of names) {
      const others = names.filter((other) => other !== name).map((other): [string, number] => [other, places[other]]);
      places[name] = await state.sweep(name, others);
    }
  }
  return state.found;
}

async function begin(
  item: Uint8Array,
  codes: Float32Array,
  targets: Record<string, number>,
  held: string[],
  tools: Tools,
): Promise<Search> {
  const alone = independentOf(tools.knobs, Object.keys(targets), held);
  const aloneNames = Object.keys(alone);
  const measured = [...held, ...aloneNames];
  const before = measured.length > 0 ? await tools.measure(item, measured) : new Float64Array(0);
  const wanted = [...Object.values(targets), ...before.subarray(0, held.length)];
  return new Search(item, codes, Object.keys(targets), held, wanted, alone, before.subarray(held.length), tools);
}

/** The best candidate so far. */
class Search {
  readonly found: Found;
  private readonly names: string[]; // requested, then held
  private readonly measured: string[];
  private readonly spans: number[];
  private readonly deviations: number[]; // of the independent attributes
  private readonly heldKnobs: string[];
  private readonly requested: number; // how many of the names
  private cost = Infinity;
  private sideEffect = Infinity;

  constructor(
    item: Uint8Array,
    private readonly codes: Float32Array,
    targets: string[],
    held: string[],
    private readonly wanted: number[],
    alone: Record<string, number>,
    private readonly before: Float64Array,
    private readonly tools: Tools,
  ) {
    this.names = [...targets, ...held];
    this.requested = targets.length;
    this.measured = [...this.names, ...Object.keys(alone)];
    this.spans = this.names.map((name) => {
      const [low, high] = tools.knobs.data.ranges[name];
      return Math.max(high - low, LEAST_SPAN);
    });
    this.deviations = Object.values(alone).map((deviation) => Math.max(deviation, LEAST_SPAN));
    this.heldKnobs = held.filter((name) => tools.knobs.has(name)); // of others only the measure holds them
    this.found = { codes: codes.slice(), item: item.slice(), error: Infinity, measured: false };
  }

  /** Move one knob over its whole range, the others set to codes; the code of the best position. */
  async sweep(name: string, others: [string, number][]): Promise<number> {
    const positions = sweepPositions(this.tools.knobs.named(name));
    const moved = positions.map((place) =>
      this.tools.knobs.move(this.codes, [[name, place], ...others], this.heldKnobs, "joint"),
    );
    const pick = this.consider(await this.attempt(moved));
    if (this.found.error > ENOUGH || this.sideEffect > TOLERATED) {
      this.consider(await this.attempt(betweenNeighbours(this.found.codes, moved)));
    }
    return positions[pick];
  }

  private async attempt(candidates: Float32Array[]): Promise<Tried> {
    await this.tools.pause();
    const codes = new Float32Array(candidates.length * this.codes.length);
    candidates.forEach((candidate, n) => codes.set(candidate, n * this.codes.length));
    const items = await this.tools.decode(codes);
    const values = await this.tools.measure(items, this.measured);
    const width = this.measured.length;
    this.tools.empty(items).forEach((empty, n) => empty && values.fill(NaN, n * width, (n + 1) * width));
    return { codes: candidates, items, values, kept: this.tools.similarity(items) };
  }

  /** Keep the best of the candidates; its number. */
  private consider(tried: Tried): number {
    const asked = tried.codes.map((_, n) => this.distances(tried.values, n));
    const moved = tried.codes.map((_, n) => this.sideEffects(tried.values, n));
    const costs = asked.map(
      (far, n) => ERROR_WEIGHT * far.reduce((a, b) => a + b, 0) + 1 - tried.kept[n] + SIDE_EFFECT_WEIGHT * moved[n],
    );
    const pick = costs.indexOf(Math.min(...costs));
    if (costs[pick] < this.cost) {
      const length = this.tools.itemLength;
      this.cost = costs[pick];
      this.sideEffect = moved[pick];
      this.found.error = Math.max(...asked[pick]);
      this.found.measured = asked[pick].slice(0, this.requested).every((distance) => distance < MISSING);
      this.found.codes = tried.codes[pick];
      this.found.item = tried.items.slice(pick * length, (pick + 1) * length);
    }
    return pick;
  }

  /** How far each requested and held attribute of a candidate is from its target, as share of its range. */
  private distances(values: Float64Array, candidate: number): number[] {
    const start = candidate * this.measured.length;
    return this.names.map((_, k) => {
      const distance = Math.abs(values[start + k] - this.wanted[k]) / this.spans[k];
      return Number.isFinite(distance) ? distance : MISSING;
    });
  }

  /** How far independent attributes of a candidate have moved, 0 to 1. */
  private sideEffects(values: Float64Array, candidate: number): number {
    if (this.deviations.length === 0) return 0;
    const start = candidate * this.measured.length + this.names.length;
    const sum = this.deviations.reduce((total, deviation, k) => {
      const moved = Math.abs(values[start + k] - this.before[k]) / deviation;
      return total + (Number.isNaN(moved) ? 0 : Math.min(moved, 1));
    }, 0);
    return sum / this.deviations.length;
  }
}

/** Attributes that are independent of all that is turned, and not held anyway, with their standard deviations. */
function independentOf(knobs: Knobs, targets: string[], held: string[]): Record<string, number> {
  const each = targets.map((name) => knobs.data.independent?.[name] ?? {});
  const free = Object.entries(each[0]).filter(
    ([name]) => !targets.includes(name) && !held.includes(name) && each.every((others) => name in others),
  );
  return Object.fromEntries(free);
}

/** Codes over the knob's range and somewhat beyond. */
function sweepPositions(knob: Knob): number[] {
  const first = knob.codeOf(knob.data.low - BEYOND * knob.span);
  const last = knob.codeOf(knob.data.high + BEYOND * knob.span);
  const step = (last - first) / (SWEEP - 1);
  return Array.from({ length: SWEEP }, (_, n) => (n === SWEEP - 1 ? last : first + n * step));
}

/** Positions between the candidate that is nearest to `best` and its two neighbours, in single precision. */
function betweenNeighbours(best: Float32Array, candidates: Float32Array[]): Float32Array[] {
  const distances = candidates.map((candidate) => candidate.reduce((sum, x, d) => sum + (x - best[d]) ** 2, 0));
  const nearest = distances.indexOf(Math.min(...distances));
  const middle = candidates[nearest];
  const between: Float32Array[] = [];
  for (const neighbour of [Math.max(nearest - 1, 0), Math.min(nearest + 1, candidates.length - 1)]) {
    for (let n = 1; n <= FINER; n++) {
      const share = Math.fround(n / (FINER + 1));
      const side = candidates[neighbour];
      between.push(middle.map((x, d) => x + Math.fround(share * Math.fround(side[d] - x))));
    }
  }
  return between;
}
