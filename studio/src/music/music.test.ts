import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { MeasureCodecData } from "../model/types";
import { compare } from "./compare";
import { fitPitches } from "./fit";
import spelling from "./golden/spelling.json";
import golden from "./golden/tunes.json";
import voices from "./golden/voices.json";
import { itemsOfMusic, layoutOf, musicOfItems } from "./items";
import { metreOf } from "./metre";
import { eventsOfMusic } from "./music";
import { musicXmlOf } from "./musicxml";
import { estimateFifths, spell } from "./spelling";
import { eventsOfTicks, ticksOfTokens, tokensOfTicks } from "./ticks";
import { singleVoice } from "./voice";

const codecs = golden.codecs as unknown as Record<string, MeasureCodecData>;
const sha = (text: string) => createHash("sha256").update(text).digest("hex");

// Two digits of the largest shift: the two languages round halves differently.
const SHIFT = /0\.\d\d/;
const withoutShift = (remark: string) => remark.replace(SHIFT, "");
const shiftIn = (remark: string) => Number(SHIFT.exec(remark)?.[0] ?? 0);

function itemsOf(tune: (typeof golden.tunes)[number]) {
  const layout = layoutOf({ codec: codecs[tune.codec] });
  const size = layout.metre.ticks;
  return { layout, items: [0, 1, 2].map((place) => Uint8Array.from(tune.tokens.slice(place * size, (place + 1) * size))) };
}

describe("tokens and notes", () => {
  it.each(golden.tunes.map((tune, index) => [index, tune] as const))("tune %i has Python's events and comes back", (_, tune) => {
    const codec = codecs[tune.codec];
    const ticks = ticksOfTokens(tune.tokens, codec);
    const events = eventsOfTicks(ticks, metreOf(codec.metre));
    expect(events.map((event) => event.start)).toEqual(tune.starts);
    expect(events.map((event) => event.length)).toEqual(tune.lengths);
    expect(events.map((event) => event.pitch)).toEqual(tune.pitches);
    const { items, layout } = itemsOf(tune);
    const music = musicOfItems(items, layout);
    expect(eventsOfMusic(music)).toEqual(events);
    const back = itemsOfMusic(music, layout).flatMap((item) => [...item]);
    const first = back.map((token, place) => (place === 0 && codec.values[tune.tokens[0]] === -1 ? tune.tokens[0] : token));
    expect(ticksOfTokens(first, codec)).toEqual(ticks); // a hold that has nothing to hold comes back as the rest that it is
  });

  it("keeps phrases of several measures together", () => {
    const measure = codecs["midi 4/4"];
    const layout = layoutOf({ codec: { kind: "phrase", measures: 2, measure } });
    const phrase = tokensOfTicks([60, ...Array(30).fill(-1), 62, ...Array(16).fill(-1)], measure);
    const music = musicOfItems([phrase, phrase], layout);
    expect(music.length).toBe(4 * 48);
    expect(itemsOfMusic(music, layout)).toEqual([phrase, phrase]);
  });

  it("refuses what the vocabulary does not know in one sentence", () => {
    expect(() => tokensOfTicks([100], codecs["midi 4/4"])).toThrow("MIDI pitch 100 is outside the vocabulary: expected 55 to 84.");
    expect(() => metreOf("7/8")).toThrow(/The metre 7\/8 is not supported: expected one such as 2\/4/);
  });
});

describe("MusicXML", () => {
  it.each(golden.tunes.map((tune, index) => [index, tune] as const))("tune %i is written as Python writes it", (index, tune) => {
    const { items, layout } = itemsOf(tune);
    const document = musicXmlOf(musicOfItems(items, layout, { title: `Tune ${index} <&>` }));
    if (tune.document) expect(document).toBe(tune.document);
    expect(sha(document)).toBe(tune.musicxml);
  });
});

describe("spelling", () => {
  it("finds Python's keys", () => {
    for (const [pitches, lengths, fifths] of spelling.melodies as [number[], number[], number][]) {
      expect(estimateFifths(pitches.map((pitch, place) => ({ pitch, length: lengths[place] })))).toBe(fifths);
    }
  });

  it("finds Python's names", () => {
    for (const [pitch, fifths, step, alteration, octave] of spelling.names as [number, number, string, number, number][]) {
      expect(spell(pitch, fifths)).toEqual({ step, alteration, octave });
    }
  });
});

describe("one voice on the grid", () => {
  it.each(voices.map((voice, index) => [index, voice] as const))("file %i is reduced as in Python", (_, voice) => {
    const notes = voice.notes.map(([start, end, pitch]) => ({ start: start * 12, end: end * 12, pitch }));
    const { events, remarks } = singleVoice(notes, metreOf(voice.metre));
    expect(events.map((event) => event.start)).toEqual(voice.starts);
    expect(events.map((event) => event.length)).toEqual(voice.lengths);
    expect(events.map((event) => event.pitch)).toEqual(voice.pitches);
    expect(remarks.map(withoutShift)).toEqual(voice.remarks.map(withoutShift));
    remarks.forEach((remark, place) => expect(Math.abs(shiftIn(remark) - shiftIn(voice.remarks[place]))).toBeLessThan(0.011));
    const pitches = events.map((event) => event.pitch).filter((pitch) => pitch >= 0);
    const fit = () => fitPitches(pitches, codecs["midi 4/4"].values, "x.mid");
    if (typeof voice.shift === "number") expect(fit()).toBe(voice.shift);
    else expect(fit).toThrow(voice.shift);
  });
});

describe("differences", () => {
  it("tells notes that stay, come and go", () => {
    const layout = layoutOf({ codec: codecs["midi 4/4"] });
    const music = (pitches: number[]) => musicOfItems([tokensOfTicks([...pitches.flatMap((p) => [p, -1, -1, -1, -1, -1])], codecs["midi 4/4"])], layout);
    const compared = compare(music([60, 62, 64, 65]), music([60, 62, 67, 65]));
    expect(compared.map(({ pitch, change }) => [pitch, change])).toEqual([[64, "gone"], [60, "same"], [62, "same"], [67, "new"], [65, "same"]]);
  });
});
