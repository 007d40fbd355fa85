/** Parity with Python, and files that are what they say. */

import { inflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { centred } from "./centring";
import { encodeGif, thereAndBack } from "./gif";
import golden from "./golden/pictures.json";
import { rgbaOf } from "./painting";
import { plain } from "./plain";
import { encodePng } from "./png";
import { itemFromPicture, pictureFromRgba } from "./reading";
import { border, brightOnDark, fit, type Picture } from "./resizing";

const picture = (told: { channels: number; height: number; width: number; data: number[] }): Picture => ({ ...told, data: Uint8Array.from(told.data) });

describe("resizing", () => {
  it.each(golden.fits)("gives the bytes of Python ($picture.height x $picture.width)", (one) => {
    const given = picture(one.picture);
    expect(border(given)).toEqual(one.border);
    const fitted = fit(given, one.fitted.height, one.fitted.width);
    expect(Array.from(fitted.data)).toEqual(one.fitted.data);
    const dark = brightOnDark(given);
    expect(dark.inverted).toBe(one.inverted);
    expect(Array.from(dark.picture.data)).toEqual(one.dark.data);
  });
});

describe("plain digits", () => {
  it.each(golden.plains)("are those of Python ($picture.height x $picture.width)", (one) => {
    const { height, width } = one.picture;
    expect(Array.from(plain(Uint8Array.from(one.picture.data), height, width))).toEqual(one.plain);
  });
});

describe("items from pictures", () => {
  const codec = { kind: "picture" as const, item_shape: [1, 2, 2] as [number, number, number], levels: 1, measurement: "sprites", attributes: [] };

  it("cuts binary ones at half brightness, bright on dark", () => {
    const bright = { channels: 1, height: 2, width: 2, data: Uint8Array.of(255, 255, 255, 100) };
    const { item, remarks } = itemFromPicture(bright, codec);
    expect(Array.from(item)).toEqual([0, 0, 0, 1]);
    expect(remarks).toHaveLength(1);
  });

  it("weighs colours as Pillow does", () => {
    const pixels = { width: 2, height: 1, data: Uint8ClampedArray.of(255, 0, 0, 255, 10, 200, 90, 255) };
    expect(Array.from(pictureFromRgba(pixels, 1).data)).toEqual([76, 131]);
    expect(Array.from(pictureFromRgba(pixels, 3).data)).toEqual([255, 10, 0, 200, 0, 90]);
  });
});

describe("centring", () => {
  it("puts the centre of mass into the middle, and three quarters of the frame around it", () => {
    const drawing = { channels: 1, height: 100, width: 100, data: new Uint8Array(10_000) };
    for (let y = 5; y < 45; y++) for (let x = 60; x < 70; x++) drawing.data[y * 100 + x] = 255;
    const { data } = centred(drawing, 28, 28);
    const rows = Array.from({ length: 28 }, (_, y) => data.subarray(y * 28, (y + 1) * 28).reduce((a, b) => a + b, 0));
    expect(rows.findIndex((sum) => sum > 0)).toBe(4);
    expect(rows.filter((sum) => sum > 0)).toHaveLength(20);
    const mass = data.reduce((a, b) => a + b, 0);
    const x = data.reduce((sum, value, i) => sum + value * ((i % 28) + 0.5), 0) / mass;
    expect(Math.abs(x - 14)).toBeLessThanOrEqual(0.5);
  });

  it("leaves an empty drawing empty", () => {
    const empty = { channels: 1, height: 10, width: 10, data: new Uint8Array(100) };
    expect(centred(empty, 4, 4).data.every((value) => value === 0)).toBe(true);
  });
});

describe("PNG", () => {
  it.each([1, 3])("holds the pixels (%i channels)", async (channels) => {
    const data = Uint8Array.from({ length: channels * 6 }, (_, i) => (i * 37) % 256);
    const file = await encodePng({ channels, height: 2, width: 3, data });
    const view = new DataView(file.buffer);
    expect(Array.from(file.subarray(0, 8))).toEqual([137, 80, 78, 71, 13, 10, 26, 10]);
    expect([view.getUint32(16), view.getUint32(20)]).toEqual([3, 2]);
    expect(Array.from(file.subarray(-12))).toEqual([0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82]); // IEND as the standard has it
    const lines = inflateSync(file.subarray(41, 41 + view.getUint32(33)));
    const expected = [0, 1].flatMap((y) => [0, ...[0, 1, 2].flatMap((x) => Array.from({ length: channels }, (_, c) => data[(c * 2 + y) * 3 + x]))]);
    expect(Array.from(lines)).toEqual(expected);
  });
});

describe("GIF", () => {
  const frame = (value: number): Picture => ({ channels: 1, height: 100, width: 200, data: new Uint8Array(20_000).fill(value) });

  it("has all frames, enlarged by whole pixels, and begins anew", () => {
    const bytes = encodeGif([frame(0), frame(255), frame(90)], 70);
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    expect(new TextDecoder("latin1").decode(bytes.subarray(0, 6))).toBe("GIF89a");
    expect([view.getUint16(6, true), view.getUint16(8, true)]).toEqual([600, 300]);
    expect(new TextDecoder("latin1").decode(bytes)).toContain("NETSCAPE2.0");
    const control = (i: number) => bytes[i] === 0x21 && bytes[i + 1] === 0xf9 && bytes[i + 2] === 4 && bytes[i + 7] === 0;
    const frames = [...bytes.keys()].filter(control);
    expect(frames).toHaveLength(3);
    expect(view.getUint16(frames[0] + 4, true)).toBe(7);
  });

  it("needs a frame", () => {
    expect(() => encodeGif([], 70)).toThrow("needs a picture");
  });

  it("goes there and back", () => {
    expect(thereAndBack([1, 2, 3, 4])).toEqual([1, 2, 3, 4, 3, 2]);
  });
});

it("paints grey and colour", () => {
  expect(Array.from(rgbaOf({ channels: 1, height: 1, width: 1, data: Uint8Array.of(7) }))).toEqual([7, 7, 7, 255]);
  expect(Array.from(rgbaOf({ channels: 3, height: 1, width: 1, data: Uint8Array.of(7, 8, 9) }))).toEqual([7, 8, 9, 255]);
});
