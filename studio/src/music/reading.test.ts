import { Midi } from "@tonejs/midi";
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { MeasureCodecData } from "../model/types";
import { withoutRepeats } from "./abc_repeats";
import songs from "./golden/songs.json";
import golden from "./golden/tunes.json";
import { layoutOf, musicOfItems } from "./items";
import { midiOf } from "./midi_writing";
import { musicXmlOf } from "./musicxml";
import { readMusic } from "./reading";
import { wavOf } from "./sound/rendering";
import { musicOfSong, songOfMusic } from "./songs";
import { ticksOfTokens, tokensOfTicks } from "./ticks";

const codecs = golden.codecs as unknown as Record<string, MeasureCodecData>;
const common = codecs["midi 4/4"];
const bytes = (hex: string) => Uint8Array.from(hex.match(/../g)!, (pair) => parseInt(pair, 16));
const file = (data: Uint8Array | string, name: string) => new File([data as BlobPart], name);

/** Two measures of 4/4 with a triplet, a rest, a tie over the bar line and sixteenths. */
const TICKS = [60, -1, 62, -1, 64, -1, 65, -1, -1, -1, -1, -1, -2, -1, -1, -1, -1, -1, 67, -1, -1, 69, -1, -1,
  -1, -1, -1, -1, -1, -1, 71, 72, -1, 71, -1, 69, 67, -1, -1, -1, -1, -1, 60, -1, -1, -1, -1, -1];
const ITEMS = [0, 1].map((place) => tokensOfTicks(TICKS.slice(place * 24, place * 24 + 24), common));
const layout = layoutOf({ codec: common });
const music = musicOfItems(ITEMS, layout, { title: "Two & more", tempo: 90 });

describe("files of tunes come back", () => {
  it("MIDI", async () => {
    const read = await readMusic(file(midiOf(music), "a.mid"), { codec: common });
    expect(read).toMatchObject({ items: ITEMS, remarks: [], tempo: 90, title: "Two & more" });
  });

  it("MusicXML", async () => {
    const read = await readMusic(file(musicXmlOf(music), "a.musicxml"), { codec: common });
    expect(read.items).toEqual(ITEMS);
    expect(read.remarks).toEqual([]);
    expect(read.title).toBe("Two & more");
  });

  it.each(["3/4", "6/8", "5/4"])("MIDI and MusicXML in %s", async (metre) => {
    const codec = codecs[`midi ${metre}`];
    const other = layoutOf({ codec });
    const ticks = Array.from({ length: other.metre.ticks }, (_, tick) => (tick % 6 === 0 ? 60 + tick / 2 : tick % 6 === 3 ? 72 : -1));
    const items = [tokensOfTicks(ticks, codec)];
    const tune = musicOfItems(items, other);
    expect((await readMusic(file(midiOf(tune), "a.mid"), { codec })).items).toEqual(items);
    expect((await readMusic(file(musicXmlOf(tune), "a.xml"), { codec })).items).toEqual(items);
    await expect(readMusic(file(midiOf(tune), "a.mid"), { codec: common })).rejects.toThrow(`The file 'a.mid' is in ${metre}: this run was trained on 4/4.`);
  });
});

describe("repeats of ABC", () => {
  it.each([
    ["abc|:def|gab:|", "abc|def|gab|def|gab|"],
    ["|:C|D|1 E:|2 F|]G|", "C|D| E|C|D| F|G|"],
    ["C|D:|E|F:|", "C|D|C|D|E|F|E|F|"],
    ["|:C::D:|", "C|C|D|D|"],
    ["|:C|[1 D:|[2 E||F|", "C| D|C| E|F|"],
    ["|:C|[1,3 D:|[2 E:|F|", "C| D|C| E|F|"],
    ["C|D|E|]", "C|D|E|]"],
    ['|:"Am:|"C|[L:1/4]D:|', '"Am:|"C|[L:1/4]D|"Am:|"C|[L:1/4]D|'],
  ])("%s", (body, expected) => {
    expect(withoutRepeats(`X:1\nK:C\n${body}`)).toBe(`X:1\nK:C\n${expected}`);
  });
});

describe("files of others", () => {
  const abc = "X:1\nT:A tune\nM:4/4\nL:1/8\nQ:1/4=90\nK:G\nGA|:B2 dB A2 cA|G2 BG F2 A2|1 G4 z2 GA:|2 G8|]\n\nX:2\nT:Another\nK:C\nCDEF|\n";

  it("ABC with a pick-up and a repeat", async () => {
    const read = await readMusic(file(abc, "a.abc"), { codec: common });
    const ticks = read.items.map((item) => [...ticksOfTokens(item, common)]);
    expect(read.title).toBe("A tune");
    expect(ticks[0].slice(-6)).toEqual([67, -1, -1, 69, -1, -1]); // the pick-up ends its measure
    expect(ticks[0][0]).toBe(-2);
    expect(ticks[1].slice(0, 12)).toEqual([71, -1, -1, -1, -1, -1, 74, -1, -1, 71, -1, -1]);
    expect(read.items).toHaveLength(7); // pick-up, three, two again, second ending
    expect(ticks[4]).toEqual(ticks[1]);
    expect(ticks[6].slice(0, 2)).toEqual([67, -1]);
  });

  it("moves a low tune by whole octaves and says so", async () => {
    const low = TICKS.map((tick) => (tick < 0 ? tick : tick - 24));
    const codec = { ...common, values: [-1, -2, ...Array.from({ length: 60 }, (_, i) => i + 30)], symbols: [] };
    const items = [0, 1].map((place) => tokensOfTicks(low.slice(place * 24, place * 24 + 24), codec));
    const tune = musicOfItems(items, layoutOf({ codec }));
    const read = await readMusic(file(midiOf(tune), "low.mid"), { codec: common });
    expect(read.items).toEqual(ITEMS);
    expect(read.remarks).toEqual(["Moved by +24 semitones for the model."]);
  });

  it("takes the highest of several tracks", async () => {
    const midi = new Midi();
    const bass = midi.addTrack();
    bass.name = "left";
    const tune = midi.addTrack();
    tune.name = "right";
    tune.channel = 1;
    for (let beat = 0; beat < 8; beat++) bass.addNote({ midi: 40, ticks: beat * 480, durationTicks: 480 });
    for (let beat = 0; beat < 4; beat++) tune.addNote({ midi: 70 + beat, ticks: beat * 480, durationTicks: 480 });
    const read = await readMusic(file(midi.toArray(), "two.mid"), { codec: common });
    expect(read.remarks).toContain("The melody is track 'right', the highest one; 1 of 2 tracks is not used.");
    expect([...ticksOfTokens(read.items[0], common)].filter((tick) => tick >= 0)).toEqual([70, 71, 72, 73]);
  });

  it.each([
    ["x.mid", "MThd", "The file 'x.mid' is damaged: expected complete MIDI."],
    ["x.mid", "hello", "The file 'x.mid' is not MIDI: expected it to begin with 'MThd'."],
    ["x.txt", "hello", "The file 'x.txt' ends in '.txt': expected .mid, .midi, .kar, .rmi, .musicxml, .xml, .mxl or .abc."],
    ["x.mid", "", "The file 'x.mid' is empty: expected notes."],
    ["x.musicxml", "<score-partwise><part", "The file 'x.musicxml' is damaged: expected a MusicXML score."],
    ["x.mxl", "PK not a zip", "The file 'x.mxl' is damaged: expected a MusicXML score."],
    ["x.abc", "X:1\nM:4/4\nK:C\nz8|\n", "The file 'x.abc' has no notes: expected a track with a melody."],
    ["x.abc", "X:1\nM:7/8\nL:1/8\nK:C\nCDEFGAB|\n", "The file 'x.abc': The metre 7/8 is not supported: expected one such as 2/4"],
  ])("%s with '%s' is refused in one sentence", async (name, content, message) => {
    await expect(readMusic(file(content, name), { codec: common })).rejects.toThrow(message);
  });
});

describe("songs", () => {
  it.each(songs.map((song, index) => [index, song] as const))("song %i is read as in Python and comes back", async (_, song) => {
    const read = await readMusic(file(bytes(song.midi), "song.mid"), { codec: { kind: "song" } });
    expect(read.items.map((item) => [...item])).toEqual(song.tokens);
    expect(read).toMatchObject({ remarks: song.remarks, programs: song.programs, tempo: song.tempo });
    const played = musicOfSong(read.items, song.tempo, song.programs);
    const parts = played.voices.map((_, voice) => {
      const notes = played.notes.filter((note) => note.voice === voice);
      return [notes.map((n) => n.start / 3), notes.map((n) => (n.start + n.length) / 3), notes.map((n) => n.pitch)];
    });
    expect(createHash("sha256").update(JSON.stringify(parts)).digest("hex")).toBe(song.parts);
    expect(songOfMusic(played)).toEqual(read.items);
    const again = await readMusic(file(midiOf(played), "again.mid"), { codec: { kind: "song" } });
    expect(again.items).toEqual(read.items);
    expect(again.programs).toEqual(song.programs);
  });

  it("refuses other metres", async () => {
    await expect(readMusic(file(midiOf({ ...music, metre: layoutOf({ codec: codecs["midi 3/4"] }).metre }), "a.mid"), { codec: { kind: "song" } })).rejects.toThrow(
      "The file 'a.mid' has bars in 3/4: expected 4/4 throughout.",
    );
  });
});

// Files for programs of others, where a folder for them is named.
it.runIf(process.env.LATUNE_MUSIC_FILES)("writes files for other readers", async () => {
  const folder = process.env.LATUNE_MUSIC_FILES!;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "tune.mid"), midiOf(music));
  writeFileSync(join(folder, "tune.musicxml"), musicXmlOf(music));
  writeFileSync(join(folder, "tune.json"), JSON.stringify({ ticks: TICKS, tempo: music.tempo, title: music.title }));
  writeFileSync(join(folder, "tune.wav"), await wavOf(music));
  const song = songs[0];
  writeFileSync(join(folder, "song.mid"), midiOf(musicOfSong(song.tokens, song.tempo, song.programs)));
  writeFileSync(join(folder, "song.json"), JSON.stringify(song.tokens));
});
