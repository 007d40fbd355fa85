/** What one knob would do: the item with the knob at several values, everything else as it is. */

import type { Decoded, EditRequest } from "../model/types";
import type { Control } from "../page/controls";
import type { Session } from "../session/types";

/** Even steps through the knob's range, or through the part of it that the certificate calls reachable; at most `count`. */
export function traversalValues(control: Control, count: number): number[] {
  const [low, high] = control.reachable ?? [control.low, control.high];
  const from = Math.max(control.low, Math.min(low, high));
  const to = Math.min(control.high, Math.max(low, high));
  const even = Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1));
  return control.whole ? [...new Set(even.map(Math.round))] : even;
}

/** Pictures of the session's first item with a knob at each value; null where there is no result yet. */
export async function traverse(session: Session, name: string, values: number[]): Promise<Decoded | null> {
  const request = await requestOf(session, name);
  return request && session.model.sweep(request, name, values);
}

/** The item before knobs, with all other knobs as they are set; once it was moved or mixed, the item as it is now. */
async function requestOf(session: Session, name: string): Promise<EditRequest | null> {
  const { model, state, result } = session;
  if (!result || result.edited.length === 0) return null;
  const held = state.held.filter((one) => one !== name);
  if (state.moves.length > 0 || state.second !== null || state.genre !== null) {
    const { item, codes } = result.edited[0];
    return { item, codes, targets: {}, held, way: "joint" };
  }
  const item = result.originals[0];
  const { [name]: _, ...targets } = state.targets[0] ?? {};
  return { item, codes: await model.encode(item), targets, held, way: "joint" };
}
