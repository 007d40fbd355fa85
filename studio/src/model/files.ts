/** Where the files of runs come from: folders beside the page, or the page itself. */

import { bytesOfBase64 } from "./base64";
import type { RunEntry, RunFiles, Runs } from "./types";

interface EmbeddedRun extends RunEntry {
  files: Record<string, string>; // name to base64 of gzip
}

/** The runs that `runs.json` in a folder lists. */
export async function folderRuns(base: string): Promise<Runs> {
  const listed = (await fetched(`${base}runs.json`)) as { server: boolean; runs: RunEntry[] };
  const content = { server: listed.server === true, entries: listed.runs };
  return { ...content, files: (key) => folderFiles(`${base}runs/${entry(content.entries, key).key}/`) };
}

/** The runs that the element `#latune-runs` of a single file holds, given its text; null where it is empty. */
export function embeddedRuns(text: string | null | undefined): Runs | null {
  if (!text?.trim()) return null;
  const listed = JSON.parse(text) as { runs: EmbeddedRun[] };
  const entries = listed.runs.map(({ key, title, medium }) => ({ key, title, medium }));
  return { server: false, entries, files: (key) => embeddedFiles(entry(listed.runs, key)) };
}

function entry<T extends RunEntry>(entries: T[], key: string): T {
  const found = entries.find((one) => one.key === key);
  if (!found) {
    throw new Error(`There is no run '${key}' here: expected one of ${entries.map((one) => one.key).join(", ")}.`);
  }
  return found;
}

function folderFiles(folder: string): RunFiles {
  return { json: (name) => fetched(folder + name), bytes: async (name) => bytesOf(await response(folder + name)) };
}

function embeddedFiles(run: EmbeddedRun): RunFiles {
  const unpacked = (name: string): Response => {
    if (!(name in run.files)) throw new Error(`The run '${run.key}' of this page has no file ${name}.`);
    return gunzipped(run.files[name]);
  };
  return { json: async (name) => unpacked(name).json(), bytes: async (name) => bytesOf(unpacked(name)) };
}

/** What a base64 text of gzip holds. */
function gunzipped(text: string): Response {
  return new Response(new Blob([bytesOfBase64(text)]).stream().pipeThrough(new DecompressionStream("gzip")));
}

async function fetched(address: string): Promise<unknown> {
  return (await response(address)).json();
}

async function response(address: string): Promise<Response> {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`Cannot read ${address}: the server says ${answer.status}.`);
  return answer;
}

async function bytesOf(answer: Response): Promise<Uint8Array> {
  return new Uint8Array(await answer.arrayBuffer());
}
