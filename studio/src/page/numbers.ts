/** Numbers and names as people read them. */

/** "note_density" as "Note density". */
export function labelOf(name: string): string {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A round step of 1, 2 or 5 times a power of ten, at most a hundredth of the span. */
export function stepOf(span: number): number {
  if (!(span > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(span / 100));
  const mantissa = span / 100 / power;
  return Number(((mantissa >= 5 ? 5 : mantissa >= 2 ? 2 : 1) * power).toPrecision(1));
}

/** As many decimals as the step has. */
export function decimalsOf(step: number): number {
  return Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
}

/** A value with the decimals of a step; a dash where there is none. */
export function written(value: number | null | undefined, step: number): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const text = value.toFixed(decimalsOf(step));
  return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "−");
}

/** A share as whole percent. */
export function percent(share: number | null | undefined): string {
  return share === null || share === undefined || !Number.isFinite(share) ? "–" : `${Math.round(100 * share)}%`;
}

/** Three significant digits, for tables. */
export function significant(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  const text = size >= 100 ? value.toFixed(0) : size >= 10 ? value.toFixed(1) : size >= 1 ? value.toFixed(2) : value.toFixed(3);
  return text.replace("-", "−");
}

/** Mean of what is a number; not a number where nothing is. */
export function meanOf(values: Iterable<number>): number {
  let sum = 0;
  let count = 0;
  for (const value of values)
    if (Number.isFinite(value)) {
      sum += value;
      count += 1;
    }
  return count ? sum / count : NaN;
}
