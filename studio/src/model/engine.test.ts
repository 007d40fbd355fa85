import { beforeAll, describe, expect, test } from "vitest";
import { Engine, openEngine } from "./engine";
import { parts } from "./arrays";
import { golden, goldenJson, nodeFiles, setNodeEngine } from "./node_files";
import type { EditRequest, Way } from "./types";

interface Request {
  targets: Record<string, number>;
  held: string[];
}

interface Melodies {
  items: number[][];
  codes: number[][];
  decoded: number[][];
  values: (number | null)[][];
  turned: (Request & { movement: Way; codes: number[][]; items: number[][] })[];
  paths: (Request & { codes: number[][]; items: number[][]; errors: number[]; values: (number | null)[][] })[];
}

const TOLERANCE = 1e-4;

beforeAll(setNodeEngine);

function expectNear(given: Float32Array | Float64Array, expected: (number | null)[]): void {
  expect(given.length).toBe(expected.length);
  expected.forEach((x, i) => {
    if (x === null) expect(given[i]).toBeNaN();
    else expect(Math.abs(given[i] - x)).toBeLessThan(TOLERANCE * Math.max(1, Math.abs(x)));
  });
}

describe("melodies", () => {
  const cases = goldenJson<Melodies>("melodies/cases.json");
  let engine: Engine;

  beforeAll(async () => {
    engine = await openEngine(nodeFiles(golden("melodies")));
  });

  function requestOf({ targets, held }: Request, way: Way, n: number): EditRequest {
    const [item, codes] = [Uint8Array.from(cases.items[n]), Float32Array.from(cases.codes[n])];
    return { item, codes, targets, held, way };
  }

  test("items are encoded, decoded and measured as in Python", async () => {
    const items = Uint8Array.from(cases.items.flat());
    const codes = await engine.encode(items);
    expectNear(codes, cases.codes.flat());
    expect([...(await engine.decode(codes)).items]).toEqual(cases.decoded.flat());
    expectNear(await engine.measure(items), cases.values.flat());
  });

  test.each(cases.turned)("one movement: $movement, $targets, held $held", async (expected) => {
    const edited = await engine.editAll(cases.items.map((_, n) => requestOf(expected, expected.movement, n)));
    edited.forEach((one, n) => {
      expectNear(one.codes, expected.codes[n]);
      expect([...one.item]).toEqual(expected.items[n]);
    });
  });

  test.each(cases.paths)("the search along the path: $targets, held $held", async (expected) => {
    for (let n = 0; n < cases.items.length; n++) {
      const edited = await engine.edit(requestOf(expected, "path", n));
      expectNear(edited.codes, expected.codes[n]);
      expect([...edited.item]).toEqual(expected.items[n]);
      expectNear(edited.values, expected.values[n]);
    }
  });

  test("an aborted request stops, before and while it runs", async () => {
    const request = requestOf(cases.paths[3], "path", 0);
    await expect(engine.edit(request, AbortSignal.abort())).rejects.toThrow("abort");
    const controller = new AbortController();
    const running = engine.edit(request, controller.signal);
    controller.abort();
    await expect(running).rejects.toThrow("abort");
  });

  test("a sweep is the joint movement to each value", async () => {
    const request = requestOf(cases.turned[1], "joint", 2);
    const values = [0.1, 0.2, 0.3];
    const swept = parts((await engine.sweep(request, "note_density", values)).items, engine.itemLength);
    for (const [n, value] of values.entries()) {
      const single = await engine.edit({ ...request, targets: { note_density: value } });
      expect(swept[n]).toEqual(single.item);
    }
  });

  test("samples lie as training codes do, and knobs that are set are met in code", async () => {
    const { mean } = engine.description.codes!;
    const drawn = parts(await engine.sample(4000, {}, 1), engine.latentSize);
    mean.forEach((x, d) => {
      const spread = engine.description.knobs.spread[d];
      expect(Math.abs(drawn.reduce((sum, code) => sum + code[d], 0) / 4000 - x)).toBeLessThan(0.08 * spread);
    });
    const knob = engine.description.knobs.knobs.find(({ name }) => name === "note_density")!;
    expect(knob.gain).toBeGreaterThanOrEqual(1);
    const aimed = parts(await engine.sample(50, { note_density: 0.25 }, 1), engine.latentSize);
    const free = parts(await engine.sample(50, {}, 1), engine.latentSize);
    const wanted = aimed.map(
      (code, n) => free[n][knob.dimension] + (code[knob.dimension] - free[n][knob.dimension]) / knob.gain,
    );
    wanted.forEach((code) => expect(code).toBeCloseTo(wanted[0], 4));
  });

  test("many items are decoded in several batches", async () => {
    const codes = await engine.sample(17_000, {}, 2);
    const { items } = await engine.decode(codes);
    const last = await engine.decode(codes.slice(-engine.latentSize));
    expect(items.length).toBe(17_000 * engine.itemLength);
    expect(items.slice(-engine.itemLength)).toEqual(last.items);
  });

  test("what a run does not have is told", async () => {
    const codes = Float32Array.from(cases.codes[0]);
    await expect(engine.move(codes, 0)).rejects.toThrow("This run has no moves.");
    await expect(engine.carry(codes, 0)).rejects.toThrow("This run knows no genres.");
    expect([...(await engine.place(codes))]).toEqual([-1]);
  });
});

describe("pictures with moves", () => {
  interface Pictures {
    items: number[][];
    codes: number[][];
    places: number[];
    moved: number[][][];
    decoded: number[][];
    shown: number[][];
  }
  const cases = goldenJson<Pictures>("moves/cases.json");

  test("codes, pictures, regions and moves are Python's", async () => {
    const engine = await openEngine(nodeFiles(golden("moves")));
    const codes = await engine.encode(Uint8Array.from(cases.items.flat()));
    expectNear(codes, cases.codes.flat());
    const { items, shown } = await engine.decode(codes);
    // Brightness next to a half may round either way.
    for (const [given, expected] of [
      [items, cases.decoded.flat()],
      [shown, cases.shown.flat()],
    ] as const) {
      const off = expected.map((value, i) => Math.abs(value - given[i]));
      expect(Math.max(...off)).toBeLessThanOrEqual(1);
      expect(off.filter((value) => value > 0).length / off.length).toBeLessThan(1e-3);
    }
    expect([...(await engine.place(codes))]).toEqual(cases.places);
    for (const [move, expected] of cases.moved.entries()) expectNear(await engine.move(codes, move), expected.flat());
    engine.close();
  });
});
