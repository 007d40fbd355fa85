import { describe, expect, it } from "vitest";
import type { Description } from "../model/types";
import { lanesOf } from "./columns";
import { layoutOf } from "./items";
import type { MeasureCodecData } from "../model/types";

const measure: MeasureCodecData = { kind: "measure", metre: "4/4", vocabulary: "midi", symbols: [], values: [-1, -2, 60] };

function descriptionOf(names: string[]): Description {
  const knobs = names.map((name) => ({ name, unit: "u", low: 0, high: 1 }));
  const attributes = ["other", ...names].map((name) => ({ name }));
  return { attributes, knobs: { knobs }, certificate: { knobs: [{ name: names[0], reachable: [0.1, 0.9] }] } } as unknown as Description;
}

describe("lanes", () => {
  it("have a column per measure of a tune", () => {
    const lanes = lanesOf(descriptionOf(["note_density", "contour"]), layoutOf({ codec: measure }), 3);
    expect(lanes.map((lane) => lane.name)).toEqual(["note_density", "contour"]);
    expect(lanes[0].reachable).toEqual([0.1, 0.9]);
    expect(lanes[1].columns).toEqual([0, 1, 2].map((item) => ({ knob: "contour", item, attribute: 2 })));
  });

  it("use the knobs of single measures of phrases where there are all of them", () => {
    const layout = layoutOf({ codec: { kind: "phrase", measures: 2, measure } });
    const lanes = lanesOf(descriptionOf(["note_density", "note_density_1", "note_density_2", "contour", "contour_1"]), layout, 2);
    expect(lanes.map(({ name, measures }) => [name, measures])).toEqual([["note_density", 1], ["contour", 2]]);
    expect(lanes[0].columns.map(({ knob, item }) => [knob, item])).toEqual([["note_density_1", 0], ["note_density_2", 0], ["note_density_1", 1], ["note_density_2", 1]]);
    expect(lanes[1].columns.map(({ knob, item }) => [knob, item])).toEqual([["contour", 0], ["contour", 1]]);
  });
});
