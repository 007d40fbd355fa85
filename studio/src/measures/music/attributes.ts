/** Attributes of one measure, as `latune.music.attributes` defines them: functions of its ticks. */

import type { Metre } from "../../music/metre";

/** Of one measure's ticks: a MIDI pitch where a note begins, negative elsewhere. */
export type TickFunction = (ticks: Int16Array) => number;

const HOLD = -1;
const PITCH_SPAN = 26; // semitones; the published constant
const INTERVAL_CLASSES = 12;

/** The attributes of measures of a metre by name, in the order of the table. */
export function musicAttributes(metre: Metre): Map<string, TickFunction> {
  const weights = onsetWeights(metre);
  const levels = metricalLevels(metre);
  const shares = beatShares(metre);
  return new Map<string, TickFunction>([
    ["rhythmic_complexity", (ticks) => rhythmicComplexity(ticks, weights)],
    ["pitch_range", pitchRange],
    ["note_density", (ticks) => countNotes(ticks) / ticks.length],
    ["contour", contour],
    ["rhythmic_entropy", (ticks) => Math.log(Math.max(countNotes(ticks), 1))],
    ["interval_entropy", intervalEntropy],
    ["syncopation", (ticks) => syncopation(ticks, levels)],
    ["beat_strength", (ticks) => beatStrength(ticks, shares)],
    ["mean_pitch", meanPitch],
  ]);
}

/** Six numbers of a beat's ticks, once for every beat. */
function everyBeat(inBeat: number[], metre: Metre): number[] {
  return Array.from({ length: metre.beats }, () => inBeat).flat();
}

/** Weight of an onset per tick in hundredths: low on the beat, high off it. */
function onsetWeights(metre: Metre): Int32Array {
  const weights = everyBeat(metre.compound ? [0, 100, 50, 100, 50, 100] : [0, 100, 200, 50, 200, 100], metre);
  const firstTicks: Record<number, number[]> = { 4: [20, 67, 25, 67], 6: [20, 67, 67, 25, 67, 67] };
  const ofMetre = firstTicks[metre.beats]; // other numbers of beats: low on the first alone
  for (let beat = 0; beat < metre.beats; beat++) weights[6 * beat] = ofMetre?.[beat] ?? (beat === 0 ? 20 : 67);
  return Int32Array.from(weights);
}

/** Metrical level of each tick, 0 the strongest: measure, half, beat, eighth, rest of the grid. */
function metricalLevels(metre: Metre): Int32Array {
  const levels = everyBeat(metre.compound ? [2, 4, 3, 4, 3, 4] : [2, 4, 4, 3, 4, 4], metre);
  if (metre.beats % 2 === 0 && metre.beats > 2) levels[metre.ticks / 2] = 1;
  levels[0] = 0;
  return Int32Array.from(levels);
}

/** What anything that begins at a tick adds to the beat strength; single precision, as in Python. */
function beatShares(metre: Metre): Float32Array {
  const inBeat = metre.compound ? [1, 0.008, 0.15, 0.008, 0.15, 0.008] : [1, 0.008, 0.008, 0.15, 0.008, 0.008];
  return Float32Array.from(everyBeat(inBeat, metre));
}

function countNotes(ticks: Int16Array): number {
  let count = 0;
  for (const pitch of ticks) if (pitch >= 0) count++;
  return count;
}

function rhythmicComplexity(ticks: Int16Array, weights: Int32Array): number {
  let counted = 0;
  let total = 0;
  for (let tick = 0; tick < ticks.length; tick++) {
    total += weights[tick];
    if (ticks[tick] >= 0) counted += weights[tick];
  }
  return counted / total;
}

function pitchRange(ticks: Int16Array): number {
  let highest = -1;
  let lowest = Infinity;
  for (const pitch of ticks) {
    if (pitch < 0) continue;
    highest = Math.max(highest, pitch);
    lowest = Math.min(lowest, pitch);
  }
  return highest < 0 ? 0 : (highest - lowest) / PITCH_SPAN;
}

function contour(ticks: Int16Array): number {
  let first = -1;
  let last = -1;
  for (const pitch of ticks) {
    if (pitch < 0) continue;
    if (first < 0) first = pitch;
    last = pitch;
  }
  return (last - first) / PITCH_SPAN;
}

/** Entropy of the softmax over counts of the interval classes; 0 without an interval. */
function intervalEntropy(ticks: Int16Array): number {
  const counts = new Int32Array(INTERVAL_CLASSES);
  let before = -1;
  let steps = 0;
  for (const pitch of ticks) {
    if (pitch < 0) continue;
    if (before >= 0) {
      counts[Math.abs(pitch - before) % INTERVAL_CLASSES]++;
      steps++;
    }
    before = pitch;
  }
  if (steps === 0) return 0;
  let total = 0;
  let weighted = 0;
  for (const count of counts) {
    total += Math.exp(count);
    weighted += count * Math.exp(count);
  }
  return Math.log(total) - weighted / total;
}

/** Mean over the notes of how far the strongest level they sound across lies above their own. */
function syncopation(ticks: Int16Array, levels: Int32Array): number {
  let own = 0; // level at which the sounding note begins; 0, which nothing exceeds, in silence
  let strongest = 0;
  let total = 0;
  let notes = 0;
  for (let tick = 0; tick < ticks.length; tick++) {
    if (ticks[tick] === HOLD) {
      strongest = Math.max(strongest, own - levels[tick]);
      continue;
    }
    total += strongest;
    strongest = 0;
    own = ticks[tick] >= 0 ? levels[tick] : 0;
    if (ticks[tick] >= 0) notes++;
  }
  return (total + strongest) / Math.max(notes, 1);
}

/** The sum in single precision, tick by tick, as in Python. */
function beatStrength(ticks: Int16Array, shares: Float32Array): number {
  let sum = 0;
  for (let tick = 0; tick < ticks.length; tick++) if (ticks[tick] !== HOLD) sum = Math.fround(sum + shares[tick]);
  return sum;
}

function meanPitch(ticks: Int16Array): number {
  let sum = 0;
  let notes = 0;
  for (const pitch of ticks) {
    if (pitch < 0) continue;
    sum += pitch;
    notes++;
  }
  return sum / Math.max(notes, 1);
}
