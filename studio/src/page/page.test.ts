/** The parts of the page that are computed: numbers in words, ranges, commands, the certificate, the map. */

import { describe, expect, it } from "vitest";
import type { Description } from "../model/types";
import { traversalValues } from "../pictures/traversal";
import type { State } from "../session/types";
import { readCertificate } from "./certificate";
import { ticks } from "./charts";
import { type CommandSubject, commandOf, fileOf, pythonOf, remarkOf } from "./command";
import { askedOf, certificateWords, type Control, controlsOf, measuredOf, misses, placeOf } from "./controls";
import { trailOf } from "./trail";
import { decimalsOf, labelOf, meanOf, percent, significant, stepOf, written } from "./numbers";
import { colourOf, frameOf, nearest, placed, projected } from "./scatter";

describe("numbers", () => {
  it.each([
    [1, 0.01, 2],
    [26, 0.2, 1],
    [0.11, 0.001, 3],
    [156, 1, 0],
    [730, 5, 0],
  ])("have round steps: a span of %d has %d", (span, step, decimals) => {
    expect(stepOf(span)).toBe(step);
    expect(decimalsOf(step)).toBe(decimals);
  });

  it("are written with the decimals of their step, and a true minus", () => {
    expect(written(-0.254, 0.01)).toBe("−0.25");
    expect(written(-0.001, 0.01)).toBe("0.00");
    expect(written(NaN, 0.01)).toBe("–");
    expect(percent(0.996)).toBe("100%");
    expect(significant(-12.345)).toBe("−12.3");
  });

  it("have a mean without those that are missing", () => {
    expect(meanOf([1, NaN, 3])).toBe(2);
    expect(meanOf([NaN])).toBeNaN();
  });

  it("names become words", () => expect(labelOf("note_density")).toBe("Note density"));
});

const state = (changes: Partial<State> = {}): State => ({
  run: "key", origin: { kind: "gallery", index: 3, count: 1 }, targets: [{}], held: [], moves: [], genre: null, second: null, share: 0, exact: false, ...changes,
});
const subject = (changes: Partial<CommandSubject> = {}): CommandSubject => ({ run: "runs/first", medium: "pictures", items: 1, perItem: false, nearest: false, ...changes });

describe("commands", () => {
  it("are nothing where nothing was changed", () => {
    expect(commandOf(state(), subject())).toBeNull();
    expect(pythonOf(state(), subject())).toBeNull();
  });

  it("say knobs, what is held and how", () => {
    const turned = state({ targets: [{ slant: 0.4 }], held: ["width", "slant"], exact: true });
    expect(commandOf(turned, subject({ nearest: true }))).toBe(
      "latune edit runs/first item-3.png --knob slant=0.4 --hold width --exact --nearest --output edited.png",
    );
    expect(pythonOf(turned, subject({ nearest: true }))).toBe(
      'import latune\n\nmodel = latune.load("runs/first")\nresult = model.edit("item-3.png", slant=0.4, hold=["width"], way="exact", nearest=True)\nresult.save("edited.png")',
    );
  });

  it("quote what a shell would tear apart", () => {
    const own = state({ origin: { kind: "upload", name: "my tune's $HOME.mid" }, targets: [{ range: 0.1 + 0.2 }] });
    expect(commandOf(own, subject({ medium: "tunes" }))).toBe(
      `latune edit runs/first 'my tune'\\''s $HOME.mid' --knob range=0.3 --output edited.mid`,
    );
  });

  it("ask phrases for one value each, measures for their mean", () => {
    const varied = state({ targets: [{ density: 0.1 }, { density: 0.3 }] });
    expect(commandOf(varied, subject({ medium: "tunes", items: 2, perItem: true }))).toContain("--knob density=0.1,0.3");
    expect(pythonOf(varied, subject({ medium: "tunes", items: 2, perItem: true }))).toContain("density=[0.1, 0.3]");
    const measures = subject({ medium: "tunes", items: 2 });
    expect(commandOf(varied, measures)).toContain("--knob density=0.2 ");
    expect(remarkOf(varied, measures)).toContain("their mean");
  });

  it("say moves one after the other, genres and mixtures", () => {
    expect(commandOf(state({ moves: ["right", "shape"] }), subject())).toBe("latune edit runs/first item-3.png --move right --move shape --output edited.png");
    expect(pythonOf(state({ moves: ["right"] }), subject())).toBeNull();
    expect(commandOf(state({ genre: "bossa nova" }), subject({ medium: "songs" }))).toBe("latune transfer runs/first item-3.mid --genre 'bossa nova' --output edited.mid");
    const mixed = state({ second: { kind: "random", seed: 7 }, share: 0.5 });
    expect(commandOf(mixed, subject())).toBe("latune interpolate runs/first item-3.png random-7.png --output edited.png");
    expect(remarkOf(state({ moves: ["right"], targets: [{ slant: 1 }] }), subject())).toContain("one thing at a time");
  });

  it("name files by what is in them", () => {
    expect(fileOf({ kind: "drawing" }, "pictures")).toBe("drawing.png");
    expect(fileOf({ kind: "upload", name: "a.krn" }, "tunes")).toBe("a.krn");
  });
});

const control: Control = { name: "slant", unit: "radians", description: "", low: -1, high: 1, step: 0.02, whole: false, reachable: [-0.5, 0.75], hitRates: { path: 0.97, joint: 0.8, exact: null } };

describe("controls", () => {
  it("come from knobs, attributes and the certificate", () => {
    const description = {
      attributes: [{ name: "count", unit: "", kind: "ordinal", low: 0, high: 9, description: "How many." }],
      knobs: { knobs: [{ name: "count", unit: "", low: 0, high: 9 }] },
      certificate: { tolerance: 0.1, items: 4, knobs: [{ name: "count", reachable: [1, 8], hit_rates: { path: 1 } }] },
    } as unknown as Description;
    expect(controlsOf(description)).toEqual([
      { name: "count", unit: "", description: "How many.", low: 0, high: 9, step: 1, whole: true, reachable: [1, 8], hitRates: { path: 1 } },
    ]);
  });

  it("have words for the certificate", () => {
    expect(certificateWords(control)).toBe("Requests met: joint movement 80%, measured along the path 97%. Reachable: −0.50 to 0.75 radians.");
  });

  it("know what is asked and measured, as means over items", () => {
    const result = { originals: [], originalShown: [], originalValues: [Float64Array.of(1), Float64Array.of(NaN)], settled: true, milliseconds: 0,
      edited: [2, 4].map((value) => ({ item: new Uint8Array(), shown: new Uint8Array(), codes: new Float32Array(), values: Float64Array.of(value) })) };
    expect(askedOf(state({ targets: [{ slant: 1 }, {}] }), "slant")).toBe(1);
    expect(measuredOf(result, 0)).toBe(3);
    expect(measuredOf(result, 0, true)).toBe(1);
    expect(measuredOf(null, 0)).toBeNaN();
  });

  it("miss by more than the tolerance, and where nothing is measured", () => {
    expect(misses(control, 0.5, 0.3, 0.1)).toBe(false);
    expect(misses(control, 0.5, 0.29, 0.1)).toBe(true);
    expect(misses(control, 0.5, NaN, 0.1)).toBe(true);
    expect(misses(control, NaN, 0.3, 0.1)).toBe(false);
    expect([placeOf(control, -1), placeOf(control, 0.5), placeOf(control, 9)]).toEqual([0, 0.75, 1]);
  });
});

describe("traversals", () => {
  it("go through what can be reached in even steps", () => {
    expect(traversalValues(control, 3)).toEqual([-0.5, 0.125, 0.75]);
    expect(traversalValues({ ...control, reachable: null }, 2)).toEqual([-1, 1]);
    expect(traversalValues({ ...control, reachable: [-7, 0] }, 2)).toEqual([-1, 0]);
  });

  it("have whole numbers alone where others mean nothing", () => {
    expect(traversalValues({ ...control, low: 1, high: 3, whole: true, reachable: [1.2, 3] }, 9)).toEqual([1, 2, 3]);
    expect(traversalValues({ ...control, low: 0, high: 40, whole: true, reachable: null }, 5)).toEqual([0, 10, 20, 30, 40]);
  });
});

describe("the certificate", () => {
  const content = {
    items: 40, groups: 7, tolerance: 0.1, attributes: ["slant", "width"],
    knobs: { slant: { unit: "radians", joint: { hit_rate: { value: 0.9, low: 0.8, high: 1 }, cross_talk: { response: { slant: 1, width: -0.2, area: null } }, sweep: { positions: [0, 1], response: { slant: [0.1, null], width: [3, 3] } } } } },
  };

  it("is read knob by knob", () => {
    const read = readCertificate(content);
    expect(read?.tolerance).toBe(0.1);
    const { joint } = read?.knobs[0].ways ?? {};
    expect(joint.hitRate).toEqual({ value: 0.9, low: 0.8, high: 1 });
    expect(joint.curve).toEqual([[0, 0.1], [1, null]]);
    expect(joint.response).toEqual({ slant: 1, width: -0.2 });
    expect(joint.identityKept).toBeNull();
  });

  it.each([null, {}, [], { knobs: {} }, "text"])("of other kinds is none (%j)", (other) => expect(readCertificate(other)).toBeNull());

  it("with damaged parts loses these alone", () => {
    expect(readCertificate({ knobs: { slant: { joint: 7, path: { hit_rate: "x" } } } })?.knobs[0].ways["path"].hitRate).toBeNull();
  });
});

describe("charts", () => {
  it("have round ticks within their ends", () => {
    expect(ticks(0.007, 0.118)).toEqual([0.02, 0.04, 0.06, 0.08, 0.1]);
    expect(ticks(-3, 3)).toEqual([-3, -2, -1, 0, 1, 2, 3]);
    expect(ticks(2, 2)).toEqual([2]);
  });
});

describe("the map", () => {
  it("shows all points with one scale", () => {
    const points: [number, number][] = [[0, 0], [10, 0], [10, 5]];
    const frame = frameOf(points, 244, 444);
    expect(placed(frame, [0, 0])).toEqual([22, 272]);
    expect(placed(frame, [10, 5])).toEqual([222, 172]); // upwards is up
  });

  it("projects codes, and finds the nearest point", () => {
    expect(projected({ mean: [1, 2], directions: [[1, 0], [0.5, 2]] }, Float32Array.of(2, 4))).toEqual([1, 4.5]);
    expect(nearest([[0, 0], [10, 0]], [7, 0], 5)).toBe(1);
    expect(nearest([[0, 0]], [7, 0], 5)).toBe(-1);
  });

  it("has colours from one end to the other, and one for what is missing", () => {
    expect(colourOf(0)).toBe("rgb(63 43 126)");
    expect(colourOf(1)).toBe("rgb(246 205 60)");
    expect(colourOf(NaN)).toBe("rgb(140 146 154)");
  });
});

it("moves leave a trail of regions, unknown from where a move has no target", () => {
  const targets = [[1, 2, -1], [0, -1, -1]];
  expect(trailOf(targets, 0, [0, 0, 1])).toEqual([0, 1, 2, -1]);
  expect(trailOf(targets, -1, [0])).toEqual([-1, -1]);
});
