/** Files of the user as items of a run: read by the server where there is one, else in the page. */

import { bytesOfBase64 } from "../model/base64";
import type { Medium, Model } from "../model/types";
import { readPicture } from "../pictures/reading";

/** Items and what was done to the file on the way. */
export interface Upload {
  items: Uint8Array[];
  remarks: string[];
}

const FILES: Record<Medium, string> = {
  pictures: ".png,.jpg,.jpeg,image/png,image/jpeg",
  tunes: ".mid,.midi,.musicxml,.xml,.mxl,.abc",
  songs: ".mid,.midi,.rmi",
};

/** What a file dialog offers. */
export function acceptedFiles(medium: Medium, server: boolean): string {
  return medium === "tunes" && server ? `${FILES[medium]},.krn` : FILES[medium]; // kern is read by Python alone
}

/** Read a file. Fails with one sentence. */
export async function readUpload(file: File, model: Model, server: boolean): Promise<Upload> {
  if (server) return readByServer(file, model);
  const { codec } = model.description;
  if (codec.kind === "picture") {
    const { item, remarks } = await readPicture(file, codec);
    return { items: [item], remarks };
  }
  const { readMusic } = await import("../music");
  return readMusic(file, model.description);
}

async function readByServer(file: File, model: Model): Promise<Upload> {
  const address = `api/${encodeURIComponent(model.studio.key)}/read`;
  const headers = { "X-File-Name": encodeURIComponent(file.name), "Content-Type": "application/octet-stream" };
  const answer = await fetch(address, { method: "POST", headers, body: file }).catch(() => null);
  if (!answer) throw new Error("The server does not answer: is 'latune studio' still running?");
  const content = (await answer.json().catch(() => ({}))) as { error?: string; items?: string; remarks?: string[] };
  if (!answer.ok || content.items === undefined) throw new Error(content.error ?? `The server could not read ${file.name}.`);
  return { items: cut(bytesOfBase64(content.items), model.itemLength), remarks: content.remarks ?? [] };
}

function cut(bytes: Uint8Array, length: number): Uint8Array[] {
  return Array.from({ length: Math.floor(bytes.length / length) }, (_, n) => bytes.slice(n * length, (n + 1) * length));
}
