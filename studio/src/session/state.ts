/** States as values: every change makes a new one. */

import type { Origin, State } from "./types";

const DIGITS = 6; // significant ones of a wanted value: what a link says is what is computed

/** A run with items of which nothing is asked. */
export function freshState(run: string, origin: Origin, count: number): State {
  const targets = Array.from({ length: count }, () => ({}));
  return { run, origin, targets, held: [], moves: [], genre: null, second: null, share: 0, exact: false };
}

/** Other items: what was asked of those before is gone, what is held stays held. */
export function withOrigin(state: State, origin: Origin, count: number): State {
  return { ...freshState(state.run, origin, count), held: state.held, exact: state.exact };
}

/** A wanted value of one item, or of all; knobs stay in the run's order, in which they take turns. */
export function withTarget(state: State, knob: string, value: number, order: string[], item?: number): State {
  const wanted = short(value);
  const targets = state.targets.map((each, n) => {
    return item === undefined || n === item ? ordered({ ...each, [knob]: wanted }, order) : each;
  });
  return { ...state, targets };
}

/** Wanted values in the order of knobs. */
export function ordered(targets: Record<string, number>, order: string[]): Record<string, number> {
  return Object.fromEntries(order.filter((name) => name in targets).map((name) => [name, targets[name]]));
}

/** Without what was asked of a knob. */
export function withoutTarget(state: State, knob: string, item?: number): State {
  const targets = state.targets.map((each, n) => {
    if (!(knob in each) || (item !== undefined && n !== item)) return each;
    const { [knob]: _, ...others } = each;
    return others;
  });
  return { ...state, targets };
}

/** The items as they are: no knob, no move, no genre, no crossfade. */
export function withoutEdits(state: State): State {
  return withOrigin(state, state.origin, state.targets.length);
}

export function withHeld(state: State, name: string, held: boolean): State {
  const others = state.held.filter((other) => other !== name);
  return { ...state, held: held ? [...others, name] : others };
}

/** A number in as many digits as links have. */
export function short(value: number): number {
  return Number(value.toPrecision(DIGITS));
}

/** Whether two states are the same, but for uploads of one name. */
export function sameState(one: State, other: State): boolean {
  return one.origin === other.origin && one.second === other.second && JSON.stringify(one) === JSON.stringify(other);
}
