/** The items that a state begins with. */

import { joinedBytes, parts, shownOf, type Edited, type Model, type RunFiles } from "../model";
import type { Origin } from "./types";

const RANDOM_MEASURES = 4;

/** Items with their codes, and what is measured of them. */
export type Source = Edited[];

/** Items of one run, made once per origin. */
export class Sources {
  private readonly made = new Map<string, Promise<Source>>(); // of the gallery and at random
  private readonly own = new Map<Origin, Source>(); // by identity: two uploads may have one name
  private readonly ready = new Map<Origin | string, Source>();
  private gallery: Promise<Uint8Array> | null = null;

  constructor(
    private readonly model: Model,
    private readonly files: RunFiles,
  ) {}

  /** The items of an origin; throws one sentence where they cannot be had. */
  async of(origin: Origin): Promise<Source> {
    const own = this.own.get(origin);
    if (own) return own;
    if (origin.kind === "upload") throw new Error(`The file '${origin.name}' is not in this page: open it again.`);
    if (origin.kind === "drawing") throw new Error("The drawing is not in this page: draw it again.");
    const key = JSON.stringify(origin);
    const made = this.made.get(key) ?? (origin.kind === "gallery" ? this.chosen(origin) : this.random(origin));
    this.made.set(key, made);
    try {
      const source = await made;
      this.ready.set(key, source);
      return source;
    } catch (error) {
      this.made.delete(key);
      throw error;
    }
  }

  /** Items of an origin that were made before. */
  known(origin: Origin): Source | null {
    return this.own.get(origin) ?? this.ready.get(JSON.stringify(origin)) ?? null;
  }

  /** Own items under an origin. */
  async take(items: Uint8Array[], origin: Origin): Promise<void> {
    const { itemLength } = this.model;
    if (items.length === 0) throw new Error("There are no items in it.");
    const other = items.find((item) => item.length !== itemLength);
    if (other) throw new Error(`An item of this run has ${itemLength} elements, got ${other.length}.`);
    const all = joinedBytes(items);
    this.own.set(origin, await this.described(all, await this.model.encode(all)));
  }

  private async chosen(origin: Origin & { kind: "gallery" }): Promise<Source> {
    const { file, count } = this.model.studio.gallery;
    const { index, count: wanted } = origin;
    if (index < 0 || wanted < 1 || index + wanted > count) {
      const end = index + wanted - 1;
      throw new Error(`The gallery has no items ${index} to ${end}: expected 0 to ${count - 1}.`);
    }
    const all = await (this.gallery ??= this.files.bytes(file));
    const items = all.slice(index * this.model.itemLength, (index + wanted) * this.model.itemLength);
    return this.described(items, await this.model.encode(items));
  }

  private async random(origin: Origin & { kind: "random" }): Promise<Source> {
    const count = origin.count ?? (this.model.description.codec.kind === "measure" ? RANDOM_MEASURES : 1);
    const codes = await this.model.sample(count, {}, origin.seed);
    return this.described((await this.model.decode(codes)).items, codes);
  }

  private async described(items: Uint8Array, codes: Float32Array): Promise<Source> {
    const { itemLength, latentSize, description } = this.model;
    const values = parts(await this.model.measure(items), description.attributes.length);
    const [each, shown] = [parts(items, itemLength), parts(shownOf(items, description.codec), itemLength)];
    return parts(codes, latentSize).map((code, n) => {
      return { item: each[n], shown: shown[n], codes: code, values: values[n] };
    });
  }
}
