/** Drawings that pictures are compared with, as in `latune.images.sprite_matching`. */

import { countBits, cutWindow } from "./bits";
import { OUTLINES, SpritePen, type Corners } from "./sprites";

/** The turn after which square, ellipse and heart look the same, in radians. */
export const SYMMETRY = [Math.PI / 2, Math.PI, 2 * Math.PI];

const SCALES = Array.from({ length: 15 }, (_, k) => (k === 14 ? 1.1 : 0.4 + k * ((1.1 - 0.4) / 14)));
const TURN = (2 * Math.PI) / 80; // between drawings
const PHASES = [0.25, 0.75]; // of the centroid within a pixel

/** What a drawing of the bank shows: shape 0 to 2. */
export interface Drawing {
  shape: number;
  scale: number;
  angle: number;
}

/** All drawings of the bank with their centroid at one place within a pixel. */
export interface Phase {
  windows: Int32Array; // (drawings, 32): the middle 32x32 pixels
  areas: Int32Array;
}

/** What the bank shows, grouped by shape. */
export const DRAWINGS: readonly Drawing[] = SYMMETRY.flatMap((symmetry, shape) =>
  SCALES.flatMap((scale) =>
    Array.from({ length: Math.round(symmetry / TURN) }, (_, k) => ({ shape, scale, angle: k * TURN })),
  ),
);

/** Centre of mass of each outline. */
export const CENTROIDS = OUTLINES.map(centroid);

/** Outlines around their centre of mass: turning and growing then leave the position where the picture has it. */
export const CENTRED = OUTLINES.map((outline, shape) => outline.map((value, k) => value - CENTROIDS[shape][k % 2]));

function centroid(outline: Corners): [number, number] {
  let [x, y, total] = [0, 0, 0];
  for (let k = 0; k < outline.length; k += 2) {
    const next = (k + 2) % outline.length;
    const cross = outline[k] * outline[next + 1] - outline[k + 1] * outline[next];
    x += (outline[k] + outline[next]) * cross;
    y += (outline[k + 1] + outline[next + 1]) * cross;
    total += cross;
  }
  return [x / (3 * total), y / (3 * total)];
}

const phases: (Phase | undefined)[] = [];

/** The drawings for a centroid at (x, y) within a pixel; drawn when they are first asked for. */
export function phaseAt(x: number, y: number): Phase {
  const [right, down] = [x >= 0.5 ? 1 : 0, y >= 0.5 ? 1 : 0];
  return (phases[2 * down + right] ??= drawPhase(32 + PHASES[right], 32 + PHASES[down]));
}

function drawPhase(x: number, y: number): Phase {
  const pen = new SpritePen();
  const windows = new Int32Array(32 * DRAWINGS.length);
  const areas = new Int32Array(DRAWINGS.length);
  DRAWINGS.forEach(({ shape, scale, angle }, k) => {
    pen.draw(CENTRED[shape], scale, angle, x, y);
    cutWindow(pen, 16, 16, windows.subarray(32 * k, 32 * (k + 1)));
    for (let row = pen.top; row < pen.bottom; row++) areas[k] += countBits(pen.left[row]) + countBits(pen.right[row]);
  });
  return { windows, areas };
}
