/** Values for the knobs that nobody set, such as real items have together. */

import { codeSource, Knobs, type Description, type Edited, type StudioData } from "../model";
import { short } from "./state";

/**
 * Values of some knobs of each item: those of new codes, drawn with what is set or held as it is.
 *
 * @param free The knobs that get values.
 * @param targets What is set, per item.
 * @param held Knobs that keep the value that the items have now.
 * @param items The items as they are now.
 */
export function randomValues(
  description: Description,
  studio: StudioData,
  free: string[],
  targets: Record<string, number>[],
  held: string[],
  items: Edited[],
  seed: number,
): Record<string, number>[] {
  const knobs = new Knobs(description.knobs);
  const source = codeSource(description, studio);
  const drawn = source.draw(items.length, seed);
  const size = description.latent_size;
  return items.map((item, n) => {
    const fixed = {
      ...measuredKnobs(
        description,
        held.filter((name) => knobs.has(name)),
        item,
      ),
      ...only(targets[n], free),
    };
    const codes = knobs.turn(drawn.slice(n * size, (n + 1) * size), fixed, [], "joint");
    return Object.fromEntries(free.map((name) => [name, valueOf(knobs, name, codes)]));
  });
}

function valueOf(knobs: Knobs, name: string, codes: Float32Array): number {
  const knob = knobs.named(name);
  const value = knob.valueOf(knobs.code(codes, name));
  return short(Math.min(Math.max(value, knob.data.low), knob.data.high));
}

/** Values that an item has now, of those that it has. */
function measuredKnobs(description: Description, names: string[], item: Edited): Record<string, number> {
  const columns = description.attributes.map((attribute) => attribute.name);
  const values = names.map((name): [string, number] => [name, item.values[columns.indexOf(name)]]);
  return Object.fromEntries(values.filter(([, value]) => Number.isFinite(value)));
}

/** What is set and stays. */
function only(targets: Record<string, number>, free: string[]): Record<string, number> {
  return Object.fromEntries(Object.entries(targets).filter(([name]) => !free.includes(name)));
}
