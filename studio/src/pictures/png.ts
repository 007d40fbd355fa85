/** PNG files of grey and colour pictures. */

import type { Picture } from "./resizing";

const SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];
const GREY = 0;
const COLOUR = 2;

/** A PNG file, 8 bits per channel, of a picture with one or three channels. */
export async function encodePng(picture: Picture): Promise<Uint8Array> {
  const { channels, height, width } = picture;
  if (channels !== 1 && channels !== 3) throw new Error(`A PNG has one or three channels, got ${channels}.`);
  const header = new Uint8Array(13);
  new DataView(header.buffer).setUint32(0, width);
  new DataView(header.buffer).setUint32(4, height);
  header.set([8, channels === 1 ? GREY : COLOUR], 8);
  const parts = [
    new Uint8Array(SIGNATURE),
    chunk("IHDR", header),
    chunk("IDAT", await zipped(scanlines(picture))),
    chunk("IEND", new Uint8Array()),
  ];
  return joined(parts);
}

/** Rows of pixels, channels last, each behind the number of its filter: 0, none. */
function scanlines({ channels, height, width, data }: Picture): Uint8Array {
  const stride = 1 + width * channels;
  const lines = new Uint8Array(height * stride);
  for (let c = 0; c < channels; c++)
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) lines[y * stride + 1 + x * channels + c] = data[(c * height + y) * width + x];
  return lines;
}

async function zipped(bytes: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([bytes as BlobPart]).stream().pipeThrough(new CompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function chunk(kind: string, content: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + content.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, content.length);
  bytes.set(new TextEncoder().encode(kind), 4);
  bytes.set(content, 8);
  view.setUint32(8 + content.length, checksum(bytes.subarray(4, 8 + content.length)));
  return bytes;
}

/** CRC-32 of PNG's chunks. */
function checksum(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

function joined(parts: Uint8Array[]): Uint8Array {
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}
