/** The page measures what Python measures. */

import { describe, expect, test } from "vitest";
import { comparerOf, measurerOf } from ".";
import { unpacked, type PackedCase } from "./golden";
import chorales from "./golden/chorales.json";
import digits from "./golden/digits.json";
import dmelodies from "./golden/dmelodies.json";
import metres from "./golden/metres.json";
import phrases from "./golden/phrases.json";
import pictures from "./golden/pictures.json";
import songs from "./golden/songs.json";
import sprites from "./golden/sprites.json";

const CASES: Record<string, PackedCase[]> = { chorales, metres, phrases, songs, dmelodies, digits, pictures, sprites };
const COUNTS = ["notes", "holds", "silences", "highest", "lowest"].map((statistic) => `_${statistic}`);
const RATIOS = ["area", "note_density", "contour", "pitch_range", "rhythmic_complexity", "syncopation", "shape"];

const noGraph = (name: string): Promise<never> => Promise.reject(new Error(`no graph ${name} here`));

describe.each(Object.entries(CASES))("%s", (_file, cases) => {
  test.each(cases.map((one) => [one.name, one] as const))("%s: values", async (_name, packed) => {
    const { description, items, values } = await unpacked(packed);
    const measured = await measurerOf(description, noGraph).measure(items, packed.count);
    expect(measured.length).toBe(values.length);
    expect(differences(measured, values, packed.attributes)).toEqual([]);
  });

  test.each(cases.map((one) => [one.name, one] as const))("%s: similarity and emptiness", async (_name, packed) => {
    const { description, items, similarity, empty } = await unpacked(packed);
    const comparer = comparerOf(description);
    const length = comparer.itemLength;
    const following = Uint8Array.from([...items.subarray(length), ...items.subarray(0, length)]);
    const found = comparer.similarity(items, following);
    expect(found.length).toBe(packed.count);
    for (let n = 0; n < packed.count; n++) expect(found[n]).toBeCloseTo(similarity[n], 12);
    expect(comparer.empty(items)).toEqual(empty);
  });
});

/** Whether an attribute is counted in whole numbers, or a ratio of such. */
function isExact(name: string): boolean {
  return RATIOS.includes(name) || COUNTS.some((ending) => name.endsWith(ending));
}

/** Which values differ: beyond 1e-6, or at all where they are exact. */
function differences(measured: Float64Array, expected: Float64Array, names: string[]): string[] {
  const found: string[] = [];
  expected.forEach((value, place) => {
    const name = names[place % names.length];
    const allowed = isExact(name) ? 0 : 1e-6;
    const [got, item] = [measured[place], Math.floor(place / names.length)];
    const right = Number.isNaN(value) ? Number.isNaN(got) : Math.abs(got - value) <= allowed;
    if (!right) found.push(`item ${item}, ${name}: expected ${value}, got ${got}`);
  });
  return found;
}

test("the golden items are many enough, and have values that are missing", async () => {
  for (const [file, cases] of Object.entries(CASES)) {
    const count = cases.reduce((sum, one) => sum + one.count, 0);
    expect(count, file).toBeGreaterThanOrEqual(file === "pictures" ? 100 : 200);
  }
  const { values } = await unpacked(sprites[0]);
  expect(values.filter(Number.isNaN).length).toBeGreaterThan(100);
});
