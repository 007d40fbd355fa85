import { expect, test } from "vitest";
import { Knobs, type Movement } from "./knobs";
import { goldenJson } from "./node_files";
import type { KnobsData } from "./types";

interface Case {
  knobs: KnobsData;
  codes: number[][];
  cases: { targets: Record<string, number>; held: string[]; movement: Movement; moved: number[][] }[];
  at: number[];
  curves: Record<string, { codes: number[]; values: number[] }>;
}

const cases = goldenJson<Case[]>("knobs.json");
const kinds = ["linear", "quadratic", "along directions", "quadratic along directions", "shared", "quadratic, shared"];

test.each(cases.map((one, n): [string, Case] => [kinds[n], one]))("knobs move as in Python: %s", (_, given) => {
  const knobs = new Knobs(given.knobs);
  for (const { targets, held, movement, moved } of given.cases) {
    given.codes.forEach((codes, n) => {
      const result = knobs.turn(Float32Array.from(codes), targets, held, movement);
      result.forEach((x, d) =>
        expect(Math.abs(x - moved[n][d])).toBeLessThan(2e-5 * Math.max(1, Math.abs(moved[n][d]))),
      );
    });
  }
});

test.each(cases.map((one, n): [string, Case] => [kinds[n], one]))("curves are read as in Python: %s", (_, given) => {
  const knobs = new Knobs(given.knobs);
  for (const [name, { codes, values }] of Object.entries(given.curves)) {
    given.at.forEach((x, n) => {
      expect(knobs.named(name).codeOf(x)).toBeCloseTo(codes[n], 7);
      expect(knobs.named(name).valueOf(x)).toBeCloseTo(values[n], 7);
    });
  }
});

test("what is set is set exactly, and what is held stays", () => {
  const knobs = new Knobs(cases[0].knobs);
  const codes = Float32Array.from(cases[0].codes[0]);
  const moved = knobs.move(codes, [["a", 1.5]], ["b"], "joint");
  expect(knobs.code(moved, "a")).toBeCloseTo(1.5, 5);
  expect(knobs.code(moved, "b")).toBeCloseTo(knobs.code(codes, "b"), 5);
  expect(moved[2]).not.toBeCloseTo(codes[2], 2); // follows
});

test("an unknown knob is told with those that exist", () => {
  expect(() => new Knobs(cases[0].knobs).named("slant")).toThrow("There is no knob 'slant': expected one of a, b, c.");
});
