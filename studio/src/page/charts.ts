/** Small charts as SVG: a response curve, bars, a heat map. Colours come from the style sheet. */

import { html, svg, type TemplateResult } from "lit";
import { significant } from "./numbers";

/** Points of a line; null where nothing was measured. */
export type Points = [number, number | null][];

const WIDTH = 340;
const HEIGHT = 220;
const MARGIN = { left: 46, right: 10, top: 10, bottom: 34 };

/** What came out against what was asked for: curves by name, the diagonal for comparison. */
export function responseChart(curves: Record<string, Points>, label: string, unit: string): TemplateResult {
  const asked = Object.values(curves).flatMap((points) => points.map(([x]) => x));
  const got = Object.values(curves).flatMap((points) => points.flatMap(([, y]) => (y === null ? [] : [y])));
  const [low, high] = [Math.min(...asked), Math.max(...asked)];
  const [bottom, top] = [Math.min(low, ...got), Math.max(high, ...got)];
  const x = (value: number) => MARGIN.left + ((value - low) / (high - low || 1)) * (WIDTH - MARGIN.left - MARGIN.right);
  const y = (value: number) => HEIGHT - MARGIN.bottom - ((value - bottom) / (top - bottom || 1)) * (HEIGHT - MARGIN.top - MARGIN.bottom);
  const path = (points: Points) =>
    points.filter(([, value]) => value !== null).map(([at, value], i) => `${i ? "L" : "M"}${x(at).toFixed(1)} ${y(value as number).toFixed(1)}`).join("");
  return html`<svg class="chart response" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Response of ${label}: measured against asked for">
    ${ticks(bottom, top).map((value) => svg`<path class="rule" d="M${MARGIN.left} ${y(value)}H${WIDTH - MARGIN.right}"/><text class="end" x=${MARGIN.left - 6} y=${y(value) + 4}>${plainNumber(value)}</text>`)}
    ${ticks(low, high).map((value) => svg`<text class="middle" x=${x(value)} y=${HEIGHT - MARGIN.bottom + 16}>${plainNumber(value)}</text>`)}
    <text class="middle" x=${(MARGIN.left + WIDTH - MARGIN.right) / 2} y=${HEIGHT - 4}>asked for${unit ? `, ${unit}` : ""}</text>
    <path class="diagonal" d="M${x(low)} ${y(low)}L${x(high)} ${y(high)}"></path>
    ${Object.entries(curves).map(([name, points]) => svg`<path class="curve ${name}" d=${path(points)}/>`)}
  </svg>`;
}

/** A share from 0 to 1 as a bar, with its interval where there is one. */
export function bar(value: number | null, low: number | null = null, high: number | null = null): TemplateResult {
  const at = (share: number | null) => `${(100 * Math.min(1, Math.max(0, share ?? 0))).toFixed(1)}%`;
  return html`<span class="meter" aria-hidden="true"><i style="width:${at(value)}"></i>${
    low !== null && high !== null ? html`<b style="left:${at(low)};right:calc(100% - ${at(high)})"></b>` : ""
  }</span>`;
}

/** A table whose cells are tinted by value: warm above zero, cold below. */
export function heatMap(rows: string[], columns: string[], values: (number | null)[][], caption: string): TemplateResult {
  const most = Math.max(1e-9, ...values.flat().map((value) => Math.abs(value ?? 0)));
  const cell = (value: number | null) => {
    const share = Math.round((70 * Math.abs(value ?? 0)) / Math.max(most, 1));
    const colour = (value ?? 0) >= 0 ? "var(--blue)" : "var(--orange)";
    return html`<td class="number" style="background:color-mix(in srgb, ${colour} ${share}%, transparent)">${significant(value)}</td>`;
  };
  return html`<div class="wide"><table class="heat"><caption>${caption}</caption>
    <thead><tr><td></td>${columns.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
    <tbody>${rows.map((name, r) => html`<tr><th scope="row">${name}</th>${values[r].map(cell)}</tr>`)}</tbody></table></div>`;
}

/** Round numbers between two ends, some five of them. */
export function ticks(low: number, high: number): number[] {
  const span = high - low;
  if (!(span > 0)) return [low];
  const power = 10 ** Math.floor(Math.log10(span / 4));
  const mantissa = span / 4 / power;
  const step = (mantissa >= 5 ? 5 : mantissa >= 2 ? 2 : 1) * power;
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

function plainNumber(value: number): string {
  return String(value).replace("-", "−");
}
