/** Where points of the latent map lie on a canvas, and what colours they have. */

/** A point of the map. */
export type Point = [number, number];

/** From the map's coordinates to pixels; one scale for both directions, so that distances stay distances. */
export interface Frame {
  scale: number;
  left: number;
  top: number;
}

const MARGIN = 22;

/** The frame that shows all points in a canvas of this size. */
export function frameOf(points: Point[], width: number, height: number): Frame {
  if (points.length === 0) return { scale: 1, left: width / 2, top: height / 2 };
  const [low, high] = [boundOf(points, Math.min), boundOf(points, Math.max)];
  const spans = [high[0] - low[0] || 1, high[1] - low[1] || 1];
  const scale = Math.min((width - 2 * MARGIN) / spans[0], (height - 2 * MARGIN) / spans[1]);
  return { scale, left: width / 2 - (scale * (low[0] + high[0])) / 2, top: height / 2 + (scale * (low[1] + high[1])) / 2 };
}

function boundOf(points: Point[], choose: (a: number, b: number) => number): Point {
  return points.reduce(([x, y], point) => [choose(x, point[0]), choose(y, point[1])] as Point, points[0]);
}

/** A point's place in pixels; the second direction points up. */
export function placed(frame: Frame, [x, y]: Point): Point {
  return [frame.left + frame.scale * x, frame.top - frame.scale * y];
}

/** A code as a point of the map. */
export function projected(project: { mean: number[]; directions: [number[], number[]] }, codes: ArrayLike<number>): Point {
  const along = (direction: number[]) => direction.reduce((sum, weight, i) => sum + weight * (codes[i] - project.mean[i]), 0);
  return [along(project.directions[0]), along(project.directions[1])];
}

/** The point next to a place in pixels, if one is within reach; -1 where none is. */
export function nearest(places: Point[], [x, y]: Point, reach: number): number {
  let best = -1;
  let least = reach;
  places.forEach(([px, py], index) => {
    const distance = Math.hypot(px - x, py - y);
    if (distance <= least) [best, least] = [index, distance];
  });
  return best;
}

const STOPS: Point3[] = [
  [63, 43, 126],
  [33, 113, 181],
  [38, 166, 154],
  [150, 198, 76],
  [246, 205, 60],
];
type Point3 = [number, number, number];

/** A colour for a share from 0 to 1, from violet over green to yellow: told apart without seeing red or green. */
export function colourOf(share: number): string {
  if (!Number.isFinite(share)) return "rgb(140 146 154)";
  const at = Math.min(1, Math.max(0, share)) * (STOPS.length - 1);
  const below = Math.min(Math.floor(at), STOPS.length - 2);
  const mixed = STOPS[below].map((value, i) => Math.round(value + (at - below) * (STOPS[below + 1][i] - value)));
  return `rgb(${mixed.join(" ")})`;
}
