/** Pictures brought to another size and to bright on dark, as `latune.images.resizing` does: the same bytes. */

/** Bytes of a picture, channels first, as data sets store them. */
export interface Picture {
  channels: number;
  height: number;
  width: number;
  data: Uint8Array; // channels x height x width
}

const HALF = 128; // a ground as bright as this is bright
const SUPPORT = 3; // of the Lanczos filter
const PRECISION = 22; // bits of the filter's whole numbers, as Pillow has them for bytes

/** The ground's brightness: the median of the outermost pixels, one value per channel. */
export function border(picture: Picture): number[] {
  const { channels, height, width } = picture;
  return Array.from({ length: channels }, (_, c) => {
    const at = (y: number, x: number) => picture.data[(c * height + y) * width + x];
    const edge: number[] = [];
    for (let y = 0; y < height; y++) edge.push(at(y, 0), at(y, width - 1));
    for (let x = 0; x < width; x++) edge.push(at(0, x), at(height - 1, x));
    return Math.trunc(median(edge));
  });
}

/** The picture, inverted where its ground is bright. */
export function brightOnDark(picture: Picture): { picture: Picture; inverted: boolean } {
  const ground = border(picture);
  const inverted = ground.reduce((sum, value) => sum + value, 0) / ground.length >= HALF;
  return { picture: inverted ? { ...picture, data: picture.data.map((value) => 255 - value) } : picture, inverted };
}

/** A picture of another size; its aspect is kept, and where it is too narrow or too low its ground goes on. */
export function fit(picture: Picture, height: number, width: number): Picture {
  if (picture.height === height && picture.width === width) return picture;
  const scale = Math.min(height / picture.height, width / picture.width);
  const inner = {
    height: Math.max(1, roundHalfEven(picture.height * scale)),
    width: Math.max(1, roundHalfEven(picture.width * scale)),
  };
  const top = Math.floor((height - inner.height) / 2);
  const left = Math.floor((width - inner.width) / 2);
  const ground = border(picture);
  const data = new Uint8Array(picture.channels * height * width);
  for (let c = 0; c < picture.channels; c++) {
    data.fill(ground[c], c * height * width, (c + 1) * height * width);
    const plane = scaled(planeOf(picture, c), picture.height, picture.width, inner.height, inner.width);
    for (let y = 0; y < inner.height; y++) {
      const row = plane.subarray(y * inner.width, (y + 1) * inner.width);
      data.set(row, (c * height + top + y) * width + left);
    }
  }
  return { channels: picture.channels, height, width, data };
}

/** A plane of bytes stretched with a Lanczos filter that widens where the picture shrinks. */
export function scaled(plane: Uint8Array, height: number, width: number, toHeight: number, toWidth: number): Uint8Array {
  const wide = width === toWidth ? plane : stretchedRows(plane, height, width, toWidth);
  if (height === toHeight) return wide;
  const turned = transposed(wide, height, toWidth);
  return transposed(stretchedRows(turned, toWidth, height, toHeight), toWidth, toHeight);
}

function stretchedRows(plane: Uint8Array, height: number, width: number, toWidth: number): Uint8Array {
  const filters = Array.from({ length: toWidth }, (_, x) => filterAt(x, width, toWidth));
  const result = new Uint8Array(height * toWidth);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < toWidth; x++) {
      const { first, weights } = filters[x];
      let sum = 2 ** (PRECISION - 1);
      for (let k = 0; k < weights.length; k++) sum += plane[y * width + first + k] * weights[k];
      result[y * toWidth + x] = Math.min(255, Math.max(0, Math.floor(sum / 2 ** PRECISION)));
    }
  }
  return result;
}

/** The whole-numbered weights of the pixels that make pixel `x` of the stretched row. */
function filterAt(x: number, size: number, toSize: number): { first: number; weights: number[] } {
  const scale = size / toSize;
  const widening = Math.max(scale, 1);
  const centre = (x + 0.5) * scale;
  const first = Math.max(0, Math.trunc(centre - SUPPORT * widening + 0.5));
  const last = Math.min(size, Math.trunc(centre + SUPPORT * widening + 0.5));
  const inverse = 1 / widening;
  const raw = Array.from({ length: last - first }, (_, k) => lanczos((k + first - centre + 0.5) * inverse));
  const total = raw.reduce((sum, weight) => sum + weight, 0);
  const whole = (weight: number) => Math.trunc((weight < 0 ? -0.5 : 0.5) + weight * 2 ** PRECISION);
  return { first, weights: raw.map((weight) => whole(total === 0 ? weight : weight / total)) };
}

function lanczos(x: number): number {
  return x >= -SUPPORT && x < SUPPORT ? sinc(x) * sinc(x / SUPPORT) : 0;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI);
}

function planeOf(picture: Picture, channel: number): Uint8Array {
  const size = picture.height * picture.width;
  return picture.data.subarray(channel * size, (channel + 1) * size);
}

function transposed(plane: Uint8Array, height: number, width: number): Uint8Array {
  const result = new Uint8Array(plane.length);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) result[x * height + y] = plane[y * width + x];
  return result;
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}
