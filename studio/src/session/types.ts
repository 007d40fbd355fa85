/** What the page is about at a moment. Views read it and call its verbs; it knows nothing of the page. */

import type { Edited, Model, Runs } from "../model/types";

/** Where the items come from. An upload lives in this page alone, so a link says only what it was called. */
export type Origin =
  | { kind: "gallery"; index: number; count: number } // pictures: count 1; tunes: a whole tune or one measure
  | { kind: "random"; seed: number; count?: number } // count: of measures; by default four, else one
  | { kind: "upload"; name: string }
  | { kind: "drawing" };

/** What can be undone and what a link holds. Targets and moves are per item of the origin (a tune has many). */
export interface State {
  run: string;
  origin: Origin;
  targets: Record<string, number>[]; // per item: wanted values by knob
  held: string[];
  moves: string[]; // applied one after the other, before knobs
  genre: string | null;
  second: Origin | null; // crossfade with this
  share: number; // of the second, 0 to 1
  exact: boolean; // ask the server for --exact
}

export interface SessionResult {
  originals: Uint8Array[]; // items
  originalShown: Uint8Array[];
  originalValues: Float64Array[];
  edited: Edited[];
  settled: boolean; // false while a slider moves: joint movement; true after the path search
  milliseconds: number; // from the change to the answer
}

/** Failures reach the page as "fault" events; no verb rejects. */
/** What is wanted of one item. */
export interface Wanted {
  knob: string;
  item: number;
  value: number;
}

export interface Session extends EventTarget {
  // events: "change" (state or model), "result", "fault" (CustomEvent<string>: one sentence)
  readonly runs: Runs;
  readonly model: Model;
  readonly state: State;
  readonly result: SessionResult | null;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  openRun(key: string): Promise<void>;
  /** The state that a link holds, with its run; what of it cannot be had is left out and told in a "fault". */
  openLink(link: string): Promise<void>;
  load(origin: Origin): Promise<void>;
  /** Own items: an upload or a drawing. */
  loadItems(items: Uint8Array[], origin: Origin): Promise<void>;
  /** Set a knob of one item, or of all (item undefined). `settle` false while the slider moves. */
  turn(knob: string, value: number, settle: boolean, item?: number): void;
  /** Set knobs of several items as one step: a drawn curve. `drag` names the drag that it goes on with. */
  turnEach(wanted: Wanted[], settle: boolean, drag: string): void;
  hold(name: string, held: boolean): void;
  reset(knob?: string, item?: number): void; // one knob, or all that was done to the items
  randomise(seed: number): void; // all knobs that are neither held nor set
  move(name: string): void;
  setGenre(name: string | null): void;
  crossfade(second: Origin | null, share: number, settle: boolean): void;
  setExact(exact: boolean): void;
  undo(): void;
  redo(): void;
  link(): string; // the state as the part of an address behind "#"
}
