/**
 * States as the part of an address behind "#": `v=1&run=digits&item=gallery.12&k.slant=0.4&hold=width`.
 *
 * A knob has one value for all items, or one for each, `k.contour=2;;-1`, nothing where nothing is asked.
 */

import { short } from "./state";
import type { Origin, State } from "./types";

const VERSION = "1";

/** What a link asks for; what is left out is as it is in a fresh state. */
export interface Linked {
  run: string | null;
  origin: Origin | null;
  knobs: Record<string, (number | null)[]>; // one value for all items, or one for each
  held: string[];
  moves: string[];
  genre: string | null;
  second: Origin | null;
  share: number;
  exact: boolean;
  damages: string[]; // parts that could not be read
}

/** A state as a link. */
export function linkOf(state: State): string {
  const pairs: [string, string][] = [
    ["v", VERSION],
    ["run", text(state.run)],
    ["item", originText(state.origin)],
  ];
  for (const knob of new Set(state.targets.flatMap((each) => Object.keys(each)))) {
    pairs.push([`k.${text(knob)}`, valuesText(state.targets.map((each) => each[knob] ?? null))]);
  }
  if (state.held.length > 0) pairs.push(["hold", state.held.map(text).join(",")]);
  if (state.moves.length > 0) pairs.push(["move", state.moves.map(text).join(",")]);
  if (state.genre !== null) pairs.push(["genre", text(state.genre)]);
  if (state.second) pairs.push(["with", originText(state.second)], ["share", String(short(state.share))]);
  if (state.exact) pairs.push(["exact", "1"]);
  return pairs.map(([name, value]) => `${name}=${value}`).join("&");
}

/** What a link says; throws one sentence where it is none of ours. */
export function readLink(link: string): Linked {
  const linked: Linked = {
    run: null,
    origin: null,
    knobs: {},
    held: [],
    moves: [],
    genre: null,
    second: null,
    share: 0.5,
    exact: false,
    damages: [],
  };
  const pairs = link.replace(/^#/, "").split("&").map(pairOf);
  const version = pairs.find(([name]) => name === "v")?.[1];
  if (version === undefined) throw new Error("This link is damaged: it does not begin with v=1.");
  if (version !== VERSION) throw new Error(`This link has the form ${version}: expected ${VERSION}.`);
  for (const [name, value] of pairs) {
    if (name !== "v" && !take(linked, name, value)) linked.damages.push(name);
  }
  return linked;
}

/** Take one part of a link; false where it cannot be read. */
function take(linked: Linked, name: string, value: string): boolean {
  try {
    if (name.startsWith("k.")) return takeKnob(linked, plain(name.slice(2)), value);
    if (name === "run") linked.run = plain(value);
    else if (name === "item") return (linked.origin = originOf(value)) !== null;
    else if (name === "hold") linked.held = value.split(",").filter(Boolean).map(plain);
    else if (name === "move") linked.moves = value.split(",").filter(Boolean).map(plain);
    else if (name === "genre") linked.genre = plain(value);
    else if (name === "with") return (linked.second = originOf(value)) !== null;
    else if (name === "share") return takeShare(linked, numberOf(value));
    else if (name === "exact") linked.exact = value === "1";
    else return false;
    return true;
  } catch {
    return false; // percent signs that encode nothing
  }
}

function takeKnob(linked: Linked, knob: string, value: string): boolean {
  const values = value.split(";").map((part) => (part === "" ? null : numberOf(part)));
  if (values.some((one) => Number.isNaN(one))) return false;
  linked.knobs[knob] = values;
  return true;
}

function takeShare(linked: Linked, share: number): boolean {
  if (!(share >= 0 && share <= 1)) return false;
  linked.share = share;
  return true;
}

function valuesText(values: (number | null)[]): string {
  if (values.every((value) => value === values[0])) return String(values[0]);
  return values.map((value) => value ?? "").join(";");
}

function originText(origin: Origin): string {
  if (origin.kind === "gallery") return `gallery.${origin.index}${origin.count === 1 ? "" : `.${origin.count}`}`;
  if (origin.kind === "random") return `random.${origin.seed}${origin.count === undefined ? "" : `.${origin.count}`}`;
  return origin.kind === "upload" ? `upload.${text(origin.name)}` : "drawing";
}

function originOf(value: string): Origin | null {
  const [kind, first, second] = value.split(".");
  if (kind === "drawing") return { kind };
  if (kind === "upload") return { kind, name: plain(value.slice(kind.length + 1)) };
  const [number, count] = [whole(first), second === undefined ? undefined : whole(second)];
  if (number === null || count === null) return null;
  if (kind === "gallery") return { kind, index: number, count: count ?? 1 };
  return kind === "random" ? { kind, seed: number, ...(count === undefined ? {} : { count }) } : null;
}

function whole(value: string | undefined): number | null {
  return value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : null;
}

/** A finite number, else NaN. */
function numberOf(value: string): number {
  const number = value.trim() === "" ? NaN : Number(value);
  return Number.isFinite(number) ? number : NaN;
}

function pairOf(part: string): [string, string] {
  const [name, ...rest] = part.split("=");
  return [name, rest.join("=")];
}

/** Names in a form that neither our own separators nor an address's can be mistaken for. */
function text(name: string): string {
  return encodeURIComponent(name).replace(/%20/g, "+");
}

function plain(value: string): string {
  return decodeURIComponent(value.replace(/\+/g, "%20"));
}
