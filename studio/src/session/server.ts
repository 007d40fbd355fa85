/** What only a server can do. */

import { joinedBytes, parts, type Edited, type EditRequest, type Model } from "../model";
import { base64OfBytes, bytesOfBase64 } from "../model/base64";

/** Edits that search on from the joint path (`--exact`), by the server of the page. */
export interface ExactEditor {
  edit(key: string, model: Model, requests: EditRequest[], signal: AbortSignal): Promise<Edited[]>;
}

/** What `/api/KEY/edit` answers. */
interface Answer {
  items: string; // base64
  shown: string | null; // base64
  codes: number[][];
  values: (number | null)[][];
}

/** The server at an address such as "./api/". */
export function serverAt(base: string): ExactEditor {
  return {
    async edit(key, model, requests, signal) {
      const results: Edited[] = new Array(requests.length);
      for (const group of grouped(model, requests)) {
        const question = questionOf(group.map((n) => requests[n]));
        const answer = await asked(`${base}${key}/edit`, question, signal);
        editedOf(model, answer).forEach((edited, k) => (results[group[k]] = edited));
      }
      return results;
    },
  };
}

/** Requests that one question can hold: those of the same knobs. Phrases are tunes of their own. */
function grouped(model: Model, requests: EditRequest[]): number[][] {
  const alone = model.description.codec.kind === "phrase";
  const groups = new Map<string, number[]>();
  requests.forEach(({ targets, held }, n) => {
    const key = alone ? String(n) : JSON.stringify([Object.keys(targets), held]);
    groups.set(key, [...(groups.get(key) ?? []), n]);
  });
  return [...groups.values()];
}

function questionOf(requests: EditRequest[]): object {
  const { targets, held } = requests[0];
  const single = requests.length === 1;
  const wanted = Object.keys(targets).map((name): [string, number | number[]] => {
    return [name, single ? targets[name] : requests.map((request) => request.targets[name])];
  });
  const items = base64OfBytes(joinedBytes(requests.map((request) => request.item)));
  return { items, targets: Object.fromEntries(wanted), held, way: "exact" };
}

async function asked(address: string, question: object, signal: AbortSignal): Promise<Answer> {
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(address, { method: "POST", headers, body: JSON.stringify(question), signal });
  const content = (await answer.json().catch(() => ({}))) as Answer & { error?: string };
  if (!answer.ok) throw new Error(content.error ?? `The server says ${answer.status}.`);
  return content;
}

function editedOf(model: Model, answer: Answer): Edited[] {
  const items = parts(bytesOfBase64(answer.items), model.itemLength);
  const shown = answer.shown === null ? items : parts(bytesOfBase64(answer.shown), model.itemLength);
  return items.map((item, n) => {
    const values = Float64Array.from(answer.values[n], (value) => value ?? NaN);
    return { item, shown: shown[n], codes: Float32Array.from(answer.codes[n]), values };
  });
}
