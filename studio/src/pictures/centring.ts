/** A drawing brought to where handwritten digits lie in their frame: three quarters of it, about their centre of mass. */

import { scaled, type Picture } from "./resizing";

const SHARE = 20 / 28; // of the frame's side that the longer side of a digit takes in MNIST

/** A drawing of one channel, bright on black, as a digit of the given size; an empty one stays empty. */
export function centred(drawing: Picture, height: number, width: number): Picture {
  const data = new Uint8Array(height * width);
  const box = boxOf(drawing);
  if (!box) return { channels: 1, height, width, data };
  const rows = box.bottom - box.top;
  const columns = box.right - box.left;
  const scale = (SHARE * Math.min(height, width)) / Math.max(rows, columns);
  const size = { height: Math.max(1, Math.round(rows * scale)), width: Math.max(1, Math.round(columns * scale)) };
  const small = scaled(cropped(drawing, box), rows, columns, size.height, size.width);
  const centre = centreOf(small, size.height, size.width);
  const top = clamped(Math.round(height / 2 - centre.y), height - size.height);
  const left = clamped(Math.round(width / 2 - centre.x), width - size.width);
  for (let y = 0; y < size.height; y++)
    data.set(small.subarray(y * size.width, (y + 1) * size.width), (top + y) * width + left);
  return { channels: 1, height, width, data };
}

interface Box {
  top: number;
  bottom: number;
  left: number;
  right: number;
}

function boxOf({ height, width, data }: Picture): Box | null {
  const box = { top: height, bottom: 0, left: width, right: 0 };
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      if (data[y * width + x] > 0) {
        box.top = Math.min(box.top, y);
        box.bottom = y + 1;
        box.left = Math.min(box.left, x);
        box.right = Math.max(box.right, x + 1);
      }
  return box.bottom > 0 ? box : null;
}

function cropped({ width, data }: Picture, box: Box): Uint8Array {
  const columns = box.right - box.left;
  const result = new Uint8Array((box.bottom - box.top) * columns);
  for (let y = box.top; y < box.bottom; y++)
    result.set(data.subarray(y * width + box.left, y * width + box.right), (y - box.top) * columns);
  return result;
}

function centreOf(plane: Uint8Array, height: number, width: number): { x: number; y: number } {
  let mass = 0;
  let x = 0;
  let y = 0;
  for (let i = 0; i < height * width; i++) {
    mass += plane[i];
    x += plane[i] * ((i % width) + 0.5);
    y += plane[i] * (Math.floor(i / width) + 0.5);
  }
  return mass > 0 ? { x: x / mass, y: y / mass } : { x: width / 2, y: height / 2 };
}

function clamped(value: number, most: number): number {
  return Math.min(Math.max(value, 0), most);
}
