/** From a link to a state of an open run. */

import type { Model } from "../model";
import type { Linked } from "./link";
import type { Sources } from "./sources";
import { freshState, ordered, short } from "./state";
import type { Origin, State } from "./types";

/** The state that a link asks for, and a sentence for each part of it that cannot be had. */
export async function restored(
  linked: Linked,
  key: string,
  model: Model,
  sources: Sources,
  usual: Origin,
): Promise<{ state: State; faults: string[] }> {
  const faults: string[] = [];
  if (linked.damages.length > 0) faults.push(`The link is damaged at ${linked.damages.join(", ")}: that was left out.`);
  const origin = (await available(linked.origin, sources, faults)) ?? usual;
  const count = (await sources.of(origin)).length;
  const second = await available(linked.second, sources, faults);
  const known = (all: string[], names: string[], what: string): string[] => {
    const unknown = names.filter((name) => !all.includes(name));
    if (unknown.length > 0) faults.push(`This run has no ${what} ${unknown.join(", ")}: left out.`);
    return names.filter((name) => all.includes(name));
  };
  const knobs = model.description.knobs.knobs.map((knob) => knob.name);
  const attributes = model.description.attributes.map((attribute) => attribute.name);
  const wanted = known(knobs, Object.keys(linked.knobs), "knob");
  const state: State = {
    ...freshState(key, origin, count),
    targets: targetsOf(linked, wanted, knobs, count, faults),
    held: known(attributes, linked.held, "attribute"),
    moves: known(model.studio.moves?.names ?? [], linked.moves, "move"),
    genre: known(model.studio.genres?.names ?? [], linked.genre === null ? [] : [linked.genre], "genre")[0] ?? null,
    second,
    share: second ? linked.share : 0,
    exact: linked.exact,
  };
  return { state, faults };
}

/** An origin that can be had here, else null with a fault. */
async function available(origin: Origin | null, sources: Sources, faults: string[]): Promise<Origin | null> {
  if (!origin) return null;
  try {
    await sources.of(origin);
    return origin;
  } catch (error) {
    faults.push(error instanceof Error ? error.message : String(error));
    return null;
  }
}

function targetsOf(
  linked: Linked,
  wanted: string[],
  order: string[],
  count: number,
  faults: string[],
): Record<string, number>[] {
  const targets = Array.from({ length: count }, (): Record<string, number> => ({}));
  for (const knob of wanted) {
    const values = linked.knobs[knob];
    if (values.length !== 1 && values.length !== count) {
      faults.push(`${knob} has ${values.length} values for ${count} items: left out.`);
      continue;
    }
    targets.forEach((each, n) => {
      const value = values[values.length === 1 ? 0 : n];
      if (value !== null) each[knob] = short(value);
    });
  }
  return targets.map((each) => ordered(each, order));
}
