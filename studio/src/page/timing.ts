/** How long the page takes from a slider's movement to the drawn result. */

import type { Session } from "../session/types";

const KEPT = 1000;

/** A list that grows by one number of milliseconds with every result that follows a movement. */
export function timesOf(session: Session): number[] {
  const times: number[] = [];
  let since: number | null = null;
  document.addEventListener("input", (event) => {
    if (event.target instanceof HTMLInputElement && event.target.type === "range") since ??= performance.now();
  }, { capture: true });
  session.addEventListener("result", () => {
    queueMicrotask(() => {
      // Views draw while the event is told, and rows of the panel right behind it.
      if (since === null) return;
      times.push(performance.now() - since);
      since = null;
      if (times.length > KEPT) times.shift();
    });
  });
  return times;
}
