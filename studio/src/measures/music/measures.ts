/** Measuring measures and phrases, tokens in and attributes out. */

import type { MeasureCodecData, PhraseCodecData } from "../../model/types";
import type { ItemFunction } from "../measurer";
import { musicAttributes } from "./attributes";
import { metreOf } from "../../music/metre";

/** Number of ticks of a codec's measures. */
export function ticksOf(codec: MeasureCodecData): number {
  return metreOf(codec.metre).ticks;
}

/** Writes attributes (in the order of `names`) of one measure's tokens; NaN for names that are not built in. */
export function measureFunction(codec: MeasureCodecData, names: string[]): ItemFunction {
  const attributes = musicAttributes(metreOf(codec.metre));
  const chosen = names.map((name) => attributes.get(name));
  const values = Int16Array.from(codec.values);
  const ticks = new Int16Array(ticksOf(codec));
  return (tokens, target) => {
    for (let tick = 0; tick < ticks.length; tick++) ticks[tick] = values[tokens[tick]];
    chosen.forEach((attribute, column) => (target[column] = attribute ? attribute(ticks) : NaN));
  };
}

/** The same of a phrase's tokens: means over its measures under the plain names, `NAME_3` of the third measure. */
export function phraseFunction(codec: PhraseCodecData, names: string[]): ItemFunction {
  const base = [...musicAttributes(metreOf(codec.measure.metre)).keys()];
  const measureOne = measureFunction(codec.measure, base);
  const places = new Map<string, number>(base.map((name, column) => [name, column]));
  for (let m = 0; m < codec.measures; m++) {
    base.forEach((name, column) => places.set(`${name}_${m + 1}`, (m + 1) * base.length + column));
  }
  const wanted = names.map((name) => places.get(name));
  const ticks = ticksOf(codec.measure);
  const all = new Float64Array((codec.measures + 1) * base.length); // means, then measure by measure
  return (tokens, target) => {
    for (let m = 0; m < codec.measures; m++) {
      const part = all.subarray((m + 1) * base.length, (m + 2) * base.length);
      measureOne(tokens.subarray(m * ticks, (m + 1) * ticks), part);
    }
    writeMeans(all, base.length, codec.measures);
    wanted.forEach((place, column) => (target[column] = place === undefined ? NaN : all[place]));
  };
}

function writeMeans(all: Float64Array, columns: number, measures: number): void {
  for (let column = 0; column < columns; column++) {
    let sum = 0;
    for (let m = 1; m <= measures; m++) sum += all[m * columns + column];
    all[column] = sum / measures;
  }
}
