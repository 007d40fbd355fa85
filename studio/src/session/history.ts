/** What can be undone. A drag of a slider is one step. */

import type { State } from "./types";

const MOST = 500; // steps that are kept

/** States before and after the present one. */
export class History {
  private past: State[] = [];
  private future: State[] = [];
  private drag: string | null = null;

  get canUndo(): boolean {
    return this.past.length > 0;
  }

  get canRedo(): boolean {
    return this.future.length > 0;
  }

  /** Remember the state before a change, unless it goes on with a drag of that name. */
  note(before: State, drag: string | null): void {
    if (drag === null || drag !== this.drag) {
      this.past.push(before);
      if (this.past.length > MOST) this.past.shift();
    }
    this.future = [];
    this.drag = drag;
  }

  /** The hand let go: the next change is a step of its own. */
  endDrag(): void {
    this.drag = null;
  }

  undo(present: State): State | null {
    return this.step(present, this.past, this.future);
  }

  redo(present: State): State | null {
    return this.step(present, this.future, this.past);
  }

  clear(): void {
    [this.past, this.future, this.drag] = [[], [], null];
  }

  private step(present: State, from: State[], to: State[]): State | null {
    const state = from.pop() ?? null;
    if (state) to.push(present);
    this.drag = null;
    return state;
  }
}
