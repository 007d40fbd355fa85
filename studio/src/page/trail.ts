/** Regions that moves lead through. */

/** No region: the move has none from there, or the item lies in none. */
export const NOWHERE = -1;

/** The regions along a chain of moves, first the one it begins in; -1 where it is not known. */
export function trailOf(targets: number[][], begin: number, moves: number[]): number[] {
  const regions = [begin];
  for (const move of moves) regions.push(targets[move]?.[regions[regions.length - 1]] ?? NOWHERE);
  return regions;
}
