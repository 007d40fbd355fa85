/** Bringing a tune into the pitches that a run knows. Mirrors `latune.control.tunes`. */

/** Smallest shift in semitones, whole octaves first, that brings all pitches into the vocabulary. */
export function fitPitches(pitches: number[], values: number[], name: string): number {
  if (!pitches.length) throw new Error(`${name}: expected notes, got only rests.`);
  const known = values.filter((value) => value >= 0);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const [lowest, highest] = [Math.min(...pitches), Math.max(...pitches)];
  if (highest - lowest > high - low) {
    throw new Error(`${name} spans ${highest - lowest} semitones: expected at most ${high - low}.`);
  }
  const cost = (shift: number) => (shift % 12 ? 1000 : 0) + Math.abs(shift);
  let best = low - lowest;
  for (let shift = best; shift <= high - highest; shift++) if (cost(shift) < cost(best)) best = shift;
  return best;
}
