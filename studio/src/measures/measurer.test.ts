/** What measuring does beyond the numbers that Python measured. */

import { expect, test } from "vitest";
import { comparerOf, measurerOf, type RunGraph } from ".";
import { descriptionOf } from "./golden";

const noGraph: RunGraph = (name) => Promise.reject(new Error(`no graph ${name} here`));
const MEASURE = { kind: "measure", metre: "4/4", vocabulary: "midi", symbols: [], values: [-1, -2, 60, 67] };
const SCENE = { kind: "picture", item_shape: [3, 2, 2], levels: 255, measurement: "none" };

test("attributes come in the order of the description, and unknown ones are NaN", async () => {
  const names = ["mean_pitch", "own_of_a_plugin", "note_density"];
  const items = new Uint8Array(24);
  items[0] = 2;
  items[12] = 3;
  expect(await measured(MEASURE, names, items, 1)).toEqual([63.5, NaN, 2 / 24]);
});

test("a phrase has means and its measures, in any order, and no measure beyond its last", async () => {
  const items = new Uint8Array(48);
  items[24] = 3;
  const names = ["mean_pitch_2", "mean_pitch", "mean_pitch_1", "mean_pitch_3"];
  const phrase = { kind: "phrase", measures: 2, measure: MEASURE };
  expect(await measured(phrase, names, items, 1)).toEqual([67, 33.5, 0, NaN]);
});

test("each kind knows what is its own", async () => {
  expect(await measured({ kind: "song" }, ["bass_notes", "tonic"], new Uint8Array(1024), 1)).toEqual([256, NaN]);
  expect(await measured({ kind: "dmelody" }, ["own", "tonic"], new Uint8Array(16), 1)).toEqual([NaN, 0]);
  const digit = { kind: "picture", item_shape: [1, 4, 4], levels: 255, measurement: "morphology" };
  expect(await measured(digit, ["own", "area"], new Uint8Array(16), 1)).toEqual([NaN, 0]);
  const sprite = { kind: "picture", item_shape: [1, 64, 64], levels: 1, measurement: "sprites" };
  const square = new Uint8Array(4096).map((_, place) => Number(inside(place % 64) && inside(place >> 6)));
  expect(await measured(sprite, ["own", "shape", "orientation"], square, 1)).toEqual([NaN, 1, NaN]);
});

test("a reader is asked for stored brightness, and its columns are put in order", async () => {
  const asked: unknown[] = [];
  const runGraph: RunGraph = async (name, input, count) => {
    asked.push(name, input, count);
    return Float32Array.from({ length: 2 * count }, (_, place) => 10 * place);
  };
  const graphs = { measure: graphWith(["scale", "floor_hue"]) };
  const description = descriptionOf(SCENE, ["floor_hue", "own", "scale"], graphs);
  const items = Uint8Array.from({ length: 24 }, (_, place) => 10 * place);
  const values = await measurerOf(description, runGraph).measure(items, 2);
  expect([...values]).toEqual([10, NaN, 0, 30, NaN, 20]);
  expect(asked).toEqual(["measure", Float32Array.from(items, (level) => Math.fround(level / 255)), 2]);
});

test("pictures whose attributes are labels have no values without a reader", async () => {
  expect(await measured(SCENE, ["scale"], new Uint8Array(12), 1)).toEqual([NaN]);
});

test("no items have no values", async () => {
  const description = descriptionOf(SCENE, ["scale"], { measure: graphWith(["scale"]) });
  expect(await measurerOf(description, noGraph).measure(new Uint8Array(0), 0)).toEqual(new Float64Array(0));
  expect(comparerOf(description).empty(new Uint8Array(0))).toEqual([]);
});

test("measurers do not disturb each other, and the same item has the same values again", async () => {
  const digit = { kind: "picture", item_shape: [1, 9, 9], levels: 255, measurement: "morphology" };
  const names = ["length", "thickness", "slant", "width", "height", "area"];
  const [one, other] = [1, 2].map(() => measurerOf(descriptionOf(digit, names), noGraph));
  const item = new Uint8Array(81).map((_, place) => (place % 9 < 4 && place > 20 ? 200 : place % 7));
  const before = await one.measure(item, 1);
  await Promise.all([other.measure(item.map((level) => 255 - level), 1), one.measure(item.toReversed(), 1)]);
  expect(await one.measure(item, 1)).toEqual(before);
  expect(before[5]).toBeGreaterThan(0);
});

test("one item can be compared with many", () => {
  const comparer = comparerOf(descriptionOf(MEASURE, []));
  const items = new Uint8Array(48);
  items.fill(2, 24, 30);
  expect(comparer.itemLength).toBe(24);
  expect([...comparer.similarity(items, new Uint8Array(24))]).toEqual([1, 0.75]);
  expect(comparer.empty(items)).toEqual([true, false]);
});

test("pictures are alike by shared brightness, and two dark ones are equal", () => {
  const grey = { kind: "picture", item_shape: [1, 1, 2], levels: 255, measurement: "none" };
  const comparer = comparerOf(descriptionOf(grey, []));
  const [items, others] = [Uint8Array.of(100, 0, 0, 0, 10, 20), Uint8Array.of(50, 50, 0, 0, 10, 20)];
  expect([...comparer.similarity(items, others)]).toEqual([50 / 150, 1, 1]);
});

test("wrong lengths, sizes and metres are refused in one sentence", async () => {
  const measurer = measurerOf(descriptionOf(MEASURE, ["contour"]), noGraph);
  await expect(measurer.measure(new Uint8Array(25), 1)).rejects.toThrow("Expected 1 items of 24 bytes, got 25 bytes.");
  const comparer = comparerOf(descriptionOf(MEASURE, []));
  expect(() => comparer.similarity(new Uint8Array(48), new Uint8Array(72))).toThrow("2 items of 24 bytes, got 72");
  expect(() => comparer.empty(new Uint8Array(30))).toThrow("1 items of 24 bytes, got 30");
  const small = { kind: "picture", item_shape: [1, 32, 32], levels: 1, measurement: "sprites" };
  expect(() => measurerOf(descriptionOf(small, ["shape"]), noGraph)).toThrow("Sprites have 64x64 pixels, got 32x32.");
  for (const metre of ["7/8", "0/4", "60/4", "3/16"]) {
    expect(() => measurerOf(descriptionOf({ ...MEASURE, metre }, []), noGraph)).toThrow(`The metre ${metre} is not`);
  }
});

/** Whether a pixel's column or row lies within a square. */
function inside(pixel: number): boolean {
  return pixel >= 20 && pixel < 36;
}

async function measured(codec: object, names: string[], items: Uint8Array, count: number): Promise<number[]> {
  return [...(await measurerOf(descriptionOf(codec, names), noGraph).measure(items, count))];
}

function graphWith(columns: string[]) {
  const port = { type: "float32" as const, shape: ["batch"], meaning: "" };
  const outputs = [{ name: "attributes", ...port, columns }];
  return { file: "measure.onnx", input: { name: "brightness", ...port }, outputs, difference: 0 };
}
