/** The session of a page: created from its runs, read and changed by its views. */

import type { Runs } from "../model";
import { serverAt } from "./server";
import { StudioSession, type Opener } from "./studio_session";
import type { Session } from "./types";

export { linkOf } from "./link";
export type * from "./types";

/**
 * A session with its first run open: that of the link, else the first of the list. Views that listen from the start
 * are given by `listen`, since opening may already tell of faults.
 *
 * @param runs The runs of the page, `embeddedRuns` or `folderRuns`.
 * @param opener What opens models: `startHost()`.
 * @param link The part of the address behind "#", or nothing.
 * @param listen Called with the session before anything is opened.
 */
export async function createSession(
  runs: Runs,
  opener: Opener,
  link = "",
  listen?: (session: Session) => void,
): Promise<Session> {
  if (runs.entries.length === 0) throw new Error("This page has no runs.");
  const session = new StudioSession(runs, opener, runs.server ? serverAt("./api/") : null);
  const faults: string[] = [];
  session.addEventListener("fault", (event) => faults.push((event as CustomEvent<string>).detail));
  listen?.(session);
  if (link.replace(/^#/, "") !== "") await session.openLink(link);
  if (!session.isOpen) await session.openRun(runs.entries[0].key);
  if (!session.isOpen) throw new Error(faults.at(-1) ?? "The run could not be opened.");
  return session;
}
