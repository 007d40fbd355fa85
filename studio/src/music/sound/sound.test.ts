import { SoundBankLoader } from "spessasynth_core";
import { describe, expect, it } from "vitest";
import { metreOf } from "../metre";
import type { Music } from "../music";
import { INSTRUMENTS } from "./instruments";
import { renderMusic, wavOf } from "./rendering";
import { soundfont } from "./soundfont";

const rms = (data: Float32Array) => Math.sqrt(data.reduce((sum, value) => sum + value * value, 0) / data.length);

function musicOf(program: number, drums: boolean, pitches: number[]): Music {
  const notes = pitches.map((pitch, place) => ({ start: place * 12, length: 12, pitch, voice: 0, velocity: 80 }));
  return { title: "", notes, rests: [], voices: [{ name: "x", program, drums }], length: 48, metre: metreOf("4/4"), tempo: 120, fifths: null };
}

/** Strength of a frequency in samples (Goertzel). */
function strength(data: Float32Array, frequency: number, rate: number): number {
  const turn = 2 * Math.cos((2 * Math.PI * frequency) / rate);
  let [a, b] = [0, 0];
  for (const value of data) [a, b] = [value + turn * a - b, a];
  return Math.sqrt(a * a + b * b - turn * a * b) / data.length;
}

describe("soundfont", () => {
  it("is small, loads again and has all programs and drums", async () => {
    const file = await soundfont();
    expect(file.byteLength).toBeLessThan(1_500_000);
    const bank = SoundBankLoader.fromArrayBuffer(file.slice(0));
    const programs = bank.presets.filter((preset) => !preset.isGMGSDrum).map((preset) => preset.program);
    expect([...programs].sort((a, b) => a - b)).toEqual([...Array(128).keys()]);
    expect(bank.presets.some((preset) => preset.isGMGSDrum)).toBe(true);
  });

  it.each([0, 11, 19, 25, 29, 33, 48, 60, 73, 81, 90])("program %i sounds, in tune and not clipped", async (program) => {
    for (const pitch of [52, 60, 69, 79]) {
      const { left, right, rate } = await renderMusic(musicOf(program, false, [pitch]));
      expect(left.every((value) => Math.abs(value) <= 0.9)).toBe(true);
      const sound = left.slice(0.05 * rate, 0.45 * rate);
      expect(rms(sound)).toBeGreaterThan(0.05);
      expect(rms(right)).toBeGreaterThan(0.01);
      const frequency = 440 * 2 ** ((pitch - 69) / 12);
      const best = [-60, -40, -20, 0, 20, 40, 60].map((cents) => [strength(sound, frequency * 2 ** (cents / 1200), rate), cents]);
      expect(Math.abs(best.sort((a, b) => b[0] - a[0])[0][1])).toBeLessThanOrEqual(20);
    }
  });

  it("plays every drum of the kit", async () => {
    for (const pitch of [36, 38, 39, 37, 42, 46, 49, 51, 45, 63, 70, 56]) {
      const { left, rate } = await renderMusic(musicOf(0, true, [pitch]));
      expect(rms(left.slice(0, 0.1 * rate)), `drum ${pitch}`).toBeGreaterThan(0.02);
    }
  });

  it("goes round in every loop without a jump", () => {
    for (const { name, keys, wave } of INSTRUMENTS) {
      for (const key of keys) {
        const { data, loop } = wave(key);
        const [start, end] = loop!;
        for (let place = 0; place < 64; place++) expect(Math.abs(data[end + place] - data[start + place]), `${name} ${key}`).toBeLessThan(2e-3);
      }
    }
  });
});

describe("WAV", () => {
  it("is a file of 16 bits that lasts as long as the music and its tail", async () => {
    const file = await wavOf(musicOf(0, false, [60, 64, 67, 72]));
    const view = new DataView(file.buffer);
    const text = (place: number) => String.fromCharCode(...file.slice(place, place + 4));
    expect([text(0), text(8), text(12)]).toEqual(["RIFF", "WAVE", "fmt "]);
    expect([view.getUint16(22, true), view.getUint32(24, true), view.getUint16(34, true)]).toEqual([2, 44100, 16]);
    expect(file.length / (44100 * 4)).toBeCloseTo(3.5, 1);
  });
});
