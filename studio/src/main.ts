/** Opens the page: its runs, a session, the views. */

import { embeddedRuns, folderRuns, startHost, type Runs } from "./model";
import { Studio } from "./page/shell";
import { announce } from "./page/toasts";
import { timesOf } from "./page/timing";
import { createSession, type Session } from "./session";
import "./styles/index.css";

/** What tests and the curious find on the window. */
export interface StudioHandle {
  session: Session;
  times: number[]; // milliseconds from a slider's input to the drawn result
  analyser?: AnalyserNode; // of the player of music
}

declare global {
  interface Window {
    latuneStudio?: StudioHandle;
  }
}

/** The runs in the page itself, else those of the folder it lies in. */
async function runsOfPage(): Promise<Runs> {
  return embeddedRuns(document.getElementById("latune-runs")?.textContent) ?? folderRuns("./");
}

async function open(page: Studio): Promise<void> {
  const runs = await runsOfPage();
  const early: string[] = []; // faults of the link, before there is a place to tell them
  let tell = (words: string): unknown => early.push(words);
  const session = await createSession(runs, startHost(), location.hash, (opening) => {
    opening.addEventListener("fault", (event) => tell((event as CustomEvent<string>).detail));
  });
  window.latuneStudio = Object.assign(window.latuneStudio ?? {}, { session, times: timesOf(session) });
  page.runs = runs;
  page.session = session;
  document.title = `${session.model.studio.title} – latune studio`;
  followLinks(session);
  await page.updateComplete;
  tell = (words) => announce(page, words, "fault");
  early.forEach(tell);
}

/** The address says what is seen, so that reloading and bookmarks keep it; a link that is pasted in is opened. */
function followLinks(session: Session): void {
  let waiting = 0;
  const write = () => {
    const hash = `#${session.link()}`;
    if (hash !== location.hash) history.replaceState(null, "", hash);
    document.title = `${session.model.studio.title} – latune studio`;
  };
  session.addEventListener("change", () => {
    clearTimeout(waiting);
    waiting = window.setTimeout(write, 250); // browsers limit how often an address may change
  });
  window.addEventListener("hashchange", () => void session.openLink(location.hash));
}

const page = document.querySelector<Studio>("latune-studio") ?? document.body.appendChild(new Studio());
open(page).catch((error: unknown) => {
  page.failure = error instanceof Error ? error.message : String(error);
});
