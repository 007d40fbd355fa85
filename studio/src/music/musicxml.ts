/** Melodies as MusicXML: note values, ties, triplets, spelling in the key. Mirrors `latune.music.musicxml`. */

import { type Metre, TWELFTHS } from "./metre";
import { eventsOfMusic, type Music } from "./music";
import { beamsOf, notate, type Sign, unitOf } from "./notation";
import { estimateFifths, keyAlterations, spell } from "./spelling";
import { Element } from "./xml";

const ACCIDENTALS: Record<number, string> = { [-2]: "flat-flat", [-1]: "flat", 0: "natural", 1: "sharp", 2: "double-sharp" };
const DOCTYPE = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN" "http://www.musicxml.org/dtds/partwise.dtd">
`;
const LOWEST = 12; // MusicXML has no octave below C0

/** One melody of a score. */
export interface Staff {
  music: Music;
  name: string | null; // written before the staff
  mark: string | null; // signs get identities: mark-EVENT-SIGN
}

/** The key signature of music: its own, or the one that fits its notes best. */
export function fifthsOf(music: Music): number {
  return music.fifths ?? estimateFifths(music.notes);
}

/** Music of one voice as a MusicXML 4.0 document. Throws where a pitch cannot be written. */
export function musicXmlOf(music: Music): string {
  return scoreXml([{ music, name: null, mark: null }], music.title);
}

/** Melodies of equal length below each other, in the key of the first. */
export function scoreXml(staves: Staff[], title = ""): string {
  const fifths = fifthsOf(staves[0].music);
  const root = new Element("score-partwise", { version: "4.0" });
  if (title) root.add("work").add("work-title", title);
  root.add("identification").add("encoding").add("software", "latune");
  const list = root.add("part-list");
  staves.forEach(({ name }, index) => {
    const part = list.add("score-part", null, { id: `P${index + 1}` });
    part.add("part-name", name, name === null ? { "print-object": "no" } : {});
  });
  const low = isLow(staves.flatMap((staff) => staff.music.notes.map((note) => note.pitch)));
  staves.forEach((staff, index) => addPart(root.add("part", null, { id: `P${index + 1}` }), staff, fifths, low));
  return `${DOCTYPE}${root}\n`;
}

function addPart(part: Element, staff: Staff, fifths: number, low: boolean): void {
  const { music } = staff;
  const outside = music.notes.find((note) => note.pitch < LOWEST || note.pitch > 127);
  if (outside) throw new Error(`MIDI pitch ${outside.pitch} cannot be written in MusicXML: expected ${LOWEST} to 127.`);
  const events = eventsOfMusic(music);
  const measures = notate(events, music.metre, music.length / music.metre.length);
  measures.forEach((signs, index) => {
    const measure = part.add("measure", null, { number: index + 1 });
    if (index === 0) addAttributes(measure, music, fifths, low);
    addNotes(measure, signs, music.metre, fifths, staff.mark);
    if (index === measures.length - 1) measure.add("barline", null, { location: "right" }).add("bar-style", "light-heavy");
  });
}

/** Whether the bass clef suits the notes better than the treble clef. */
function isLow(pitches: number[]): boolean {
  const sorted = [...pitches].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return median < 57;
}

function addAttributes(measure: Element, music: Music, fifths: number, low: boolean): void {
  const attributes = measure.add("attributes");
  attributes.add("divisions", TWELFTHS);
  attributes.add("key").add("fifths", fifths);
  const time = attributes.add("time");
  time.add("beats", music.metre.numerator);
  time.add("beat-type", music.metre.denominator);
  const clef = attributes.add("clef");
  clef.add("sign", low ? "F" : "G");
  clef.add("line", low ? 4 : 2);
  measure.add("sound", null, { tempo: Number(music.tempo.toPrecision(10)) });
}

function addNotes(measure: Element, signs: Sign[], metre: Metre, fifths: number, mark: string | null): void {
  const beams = beamsOf(signs, metre);
  const inForce = new Map<string, number>();
  const key = keyAlterations(fifths);
  signs.forEach((sign, index) => {
    const note = measure.add("note", null, mark === null ? {} : { id: `${mark}-${sign.event}-${sign.start}` });
    let accidental: string | null = null;
    if (sign.pitch < 0) {
      note.add("rest", null, sign.length === metre.length ? { measure: "yes" } : {});
    } else {
      const { step, alteration, octave } = spell(sign.pitch, fifths);
      addPitch(note, step, alteration, octave);
      const place = `${step}${octave}`;
      const crossesBar = sign.goesOnFrom && index === 0;
      if (!crossesBar && (inForce.get(place) ?? key[step]) !== alteration) {
        inForce.set(place, alteration);
        accidental = ACCIDENTALS[alteration];
      }
    }
    addValue(note, sign, accidental);
    beams[index].forEach((word, level) => note.add("beam", word, { number: level + 1 }));
    addNotations(note, sign, signs);
  });
}

function addPitch(note: Element, step: string, alteration: number, octave: number): void {
  const pitch = note.add("pitch");
  pitch.add("step", step);
  if (alteration) pitch.add("alter", alteration);
  pitch.add("octave", octave);
}

/** Duration, ties, note value, accidental and triplet ratio, in the order that the schema asks for. */
function addValue(note: Element, sign: Sign, accidental: string | null): void {
  note.add("duration", sign.length);
  if (sign.goesOnFrom) note.add("tie", null, { type: "stop" });
  if (sign.goesOn) note.add("tie", null, { type: "start" });
  note.add("voice", 1);
  note.add("type", sign.value);
  for (let dot = 0; dot < sign.dots; dot++) note.add("dot");
  if (accidental) note.add("accidental", accidental);
  if (!sign.bracket) return;
  const ratio = note.add("time-modification");
  ratio.add("actual-notes", 3);
  ratio.add("normal-notes", 2);
  ratio.add("normal-type", unitOf(sign.bracket) === TWELFTHS / 3 ? "eighth" : "16th");
}

/** Drawn ties, and where a triplet begins and ends. */
function addNotations(note: Element, sign: Sign, signs: Sign[]): void {
  const ties = sign.pitch < 0 ? [] : [sign.goesOnFrom && "stop", sign.goesOn && "start"].filter((kind) => kind !== false);
  const { bracket } = sign;
  const opens = bracket !== null && sign.start === bracket.start;
  const closes = bracket !== null && sign.start + sign.length === bracket.end;
  if (!ties.length && !opens && !closes) return;
  const notations = note.add("notations");
  ties.forEach((type) => notations.add("tied", null, { type }));
  const members = signs.filter((other) => other.bracket && other.bracket.start === bracket?.start);
  const beamed = members.every((member) => member.pitch >= 0 && !["quarter", "half", "whole"].includes(member.value));
  if (opens) notations.add("tuplet", null, { type: "start", bracket: beamed ? "no" : "yes", number: 1 });
  if (closes) notations.add("tuplet", null, { type: "stop", number: 1 });
}
