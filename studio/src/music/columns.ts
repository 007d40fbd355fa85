/** Which knob of which item stands behind a measure of the page. */

import type { Description } from "../model/types";
import type { Layout } from "./items";

/** The knob behind one column of a lane. */
export interface Column {
  knob: string;
  item: number;
  attribute: number; // place of its measured value
}

/** An automation lane: one knob over time. */
export interface Lane {
  name: string;
  unit: string;
  low: number;
  high: number;
  reachable: [number, number] | null;
  columns: Column[];
  measures: number; // that one column lasts
}

/** The lanes of a run for so many items. Phrases that have knobs for each measure get a column for each. */
export function lanesOf(description: Description, layout: Layout, items: number): Lane[] {
  const { knobs } = description.knobs;
  const names = new Set(knobs.map((knob) => knob.name));
  const places = new Map(description.attributes.map((attribute, place) => [attribute.name, place]));
  const reachable = new Map(description.certificate.knobs.map((summary) => [summary.name, summary.reachable]));
  const ofMeasure = (name: string, measure: number) => `${name}_${measure + 1}`;
  const split = (name: string) => layout.measures > 1 && range(layout.measures).every((measure) => names.has(ofMeasure(name, measure)));
  const whole = knobs.filter((knob) => !isOfMeasure(knob.name, names, layout.measures));
  return whole.map(({ name, unit, low, high }) => {
    const each = split(name);
    const columns = range(items).flatMap((item) => {
      const own = each ? range(layout.measures).map((measure) => ofMeasure(name, measure)) : [name];
      return own.map((knob): Column => ({ knob, item, attribute: places.get(knob) ?? -1 }));
    });
    return { name, unit, low, high, reachable: reachable.get(name) ?? null, columns, measures: each ? 1 : layout.measures };
  });
}

const range = (count: number) => Array.from({ length: count }, (_, place) => place);

/** Whether a knob is that of one measure of a phrase, such as "note_density_3". */
function isOfMeasure(name: string, names: Set<string>, measures: number): boolean {
  const match = /^(.*)_(\d+)$/.exec(name);
  return match !== null && measures > 1 && Number(match[2]) <= measures && names.has(match[1]);
}
