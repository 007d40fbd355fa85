/** The parts of `certificate.json` that the page shows, read with care: other kinds of runs have other parts. */

import type { Points } from "./charts";

/** An estimate with its interval. */
export interface Estimate {
  value: number | null;
  low: number | null;
  high: number | null;
}

/** One knob, set in one way. */
export interface WayEntry {
  hitRate: Estimate | null;
  identityKept: Estimate | null;
  rankCorrelation: Estimate | null;
  response: Record<string, number>; // cross-talk: slope of every attribute on the turned one, in standard deviations
  curve: Points; // asked for and measured, where the way was swept
}

/** One knob of a certificate. */
export interface KnobEntry {
  name: string;
  unit: string;
  ways: Record<string, WayEntry>;
}

/** The knobs of a certificate. */
export interface Certificate {
  items: number | null;
  groups: number | null;
  tolerance: number | null;
  attributes: string[];
  knobs: KnobEntry[];
}

export const WAYS = ["alone", "joint", "path", "exact"];

type Entry = Record<string, unknown>;

/** What the page shows of a certificate; null where it is none of knobs. */
export function readCertificate(content: unknown): Certificate | null {
  const whole = entryOf(content);
  const knobs = Object.entries(entryOf(whole["knobs"]));
  if (knobs.length === 0) return null;
  return {
    items: numberOf(whole["items"]),
    groups: numberOf(whole["groups"]),
    tolerance: numberOf(whole["tolerance"]),
    attributes: listOf(whole["attributes"]).map(String),
    knobs: knobs.map(([name, entry]) => knobOf(name, entryOf(entry))),
  };
}

function knobOf(name: string, entry: Entry): KnobEntry {
  const ways = WAYS.filter((way) => way in entry).map((way) => [way, wayOf(name, entryOf(entry[way]))]);
  return { name, unit: String(entry["unit"] ?? ""), ways: Object.fromEntries(ways) };
}

function wayOf(name: string, entry: Entry): WayEntry {
  const sweep = entryOf(entry["sweep"]);
  const positions = listOf(sweep["positions"]).map(numberOf);
  const measured = listOf(entryOf(sweep["response"])[name]).map(numberOf);
  const response = Object.entries(entryOf(entryOf(entry["cross_talk"])["response"]));
  return {
    hitRate: estimateOf(entry["hit_rate"]),
    identityKept: estimateOf(entry["identity_kept"]),
    rankCorrelation: estimateOf(entry["rank_correlation"]),
    response: Object.fromEntries(response.flatMap(([other, slope]) => (numberOf(slope) === null ? [] : [[other, Number(slope)]]))),
    curve: positions.flatMap((at, i): Points => (at === null ? [] : [[at, measured[i] ?? null]])),
  };
}

function estimateOf(content: unknown): Estimate | null {
  const { value, low, high } = entryOf(content);
  return numberOf(value) === null ? null : { value: numberOf(value), low: numberOf(low), high: numberOf(high) };
}

function entryOf(content: unknown): Entry {
  return typeof content === "object" && content !== null && !Array.isArray(content) ? (content as Entry) : {};
}

function listOf(content: unknown): unknown[] {
  return Array.isArray(content) ? content : [];
}

function numberOf(content: unknown): number | null {
  return typeof content === "number" && Number.isFinite(content) ? content : null;
}
