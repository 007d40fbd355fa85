/** What the page needs to know of a knob: its range, what of it can be reached, how finely it turns. */

import type { Description } from "../model/types";
import type { SessionResult, State } from "../session/types";
import { meanOf, percent, stepOf, written } from "./numbers";

/** A knob as a slider. */
export interface Control {
  name: string;
  unit: string;
  description: string;
  low: number;
  high: number;
  step: number;
  whole: boolean; // whether values between whole numbers mean nothing
  reachable: [number, number] | null; // null: the certificate does not say
  hitRates: Record<string, number | null>;
}

const WAYS: [string, string][] = [
  ["alone", "knob alone"],
  ["joint", "joint movement"],
  ["path", "measured along the path"],
  ["exact", "exact search"],
];

/** All knobs of a run, in its order. */
export function controlsOf(description: Description): Control[] {
  const attributes = new Map(description.attributes.map((attribute) => [attribute.name, attribute]));
  const summaries = new Map(description.certificate.knobs.map((summary) => [summary.name, summary]));
  return description.knobs.knobs.map((knob) => {
    const attribute = attributes.get(knob.name);
    const whole = attribute?.kind === "ordinal" || attribute?.kind === "categorical";
    return {
      name: knob.name,
      unit: knob.unit,
      description: attribute?.description ?? "",
      low: knob.low,
      high: knob.high,
      step: whole ? 1 : stepOf(knob.high - knob.low),
      whole,
      reachable: summaries.get(knob.name)?.reachable ?? null,
      hitRates: summaries.get(knob.name)?.hit_rates ?? {},
    };
  });
}

/** Where a value lies on the slider, 0 to 1. */
export function placeOf(control: Control, value: number): number {
  return Math.min(1, Math.max(0, (value - control.low) / (control.high - control.low || 1)));
}

/** The certificate's words on a knob: how often requests are met, and what can be reached. */
export function certificateWords(control: Control): string {
  const rates = WAYS.filter(([way]) => Number.isFinite(control.hitRates[way] ?? NaN)).map(
    ([way, words]) => `${words} ${percent(control.hitRates[way])}`,
  );
  const hits = rates.length ? `Requests met: ${rates.join(", ")}.` : "The certificate does not say how often requests are met.";
  return control.reachable ? `${hits} Reachable: ${rangeWords(control, control.reachable)}.` : hits;
}

function rangeWords(control: Control, [low, high]: [number, number]): string {
  return `${written(low, control.step)} to ${written(high, control.step)} ${control.unit}`.trim();
}

/** The value asked for, mean over the items that ask; not a number where none does. */
export function askedOf(state: State, name: string): number {
  return meanOf(state.targets.map((targets) => targets[name] ?? NaN));
}

/** The value measured in the result (or before), mean over items. */
export function measuredOf(result: SessionResult | null, column: number, before = false): number {
  if (!result || column < 0) return NaN;
  return meanOf(before ? result.originalValues.map((row) => row[column]) : result.edited.map((one) => one.values[column]));
}

/** Whether a settled result misses what was asked for by more than the certificate's tolerance of the range. */
export function misses(control: Control, asked: number, measured: number, tolerance: number): boolean {
  if (!Number.isFinite(asked)) return false;
  return !(Math.abs(asked - measured) <= tolerance * (control.high - control.low) + 1e-9);
}
