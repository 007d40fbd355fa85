/** The piano roll: notes that stay, come and go, on canvas. */

import type { Compared } from "../compare";
import type { Music } from "../music";

/** What a roll shows. */
export interface RollContent {
  music: Music; // its length, metre and voices
  compared: Compared[];
  measureWidth: number; // CSS pixels
}

interface Colours {
  line: string;
  shade: string;
  paper: string;
  same: string[]; // by voice
  fresh: string;
  gone: string;
}

interface Band {
  top: number;
  height: number;
  low: number; // lowest pitch
  high: number;
}

const BLACK_KEYS = new Set([1, 3, 6, 8, 10]);
const GAP = 6;

/** Draw a roll as large as its canvas is on the page. */
export function drawRoll(canvas: HTMLCanvasElement, content: RollContent): void {
  const { music, measureWidth } = content;
  const width = Math.round((music.length / music.metre.length) * measureWidth);
  const height = canvas.clientHeight;
  const density = Math.min(window.devicePixelRatio || 1, 8192 / Math.max(1, width)); // canvases have a largest size
  canvas.style.width = `${width}px`;
  canvas.width = Math.round(width * density);
  canvas.height = Math.round(height * density);
  const context = canvas.getContext("2d");
  if (!context || !height) return;
  context.scale(density, density);
  const colours = coloursOf(canvas, music.voices.length);
  const bands = bandsOf(content, height);
  bands.forEach((band) => drawBand(context, band, width, colours, music.voices.length === 1));
  drawBars(context, content, width, height, colours);
  for (const note of content.compared) drawNote(context, note, bands[note.voice], content, colours);
}

function coloursOf(canvas: HTMLCanvasElement, voices: number): Colours {
  const style = getComputedStyle(canvas);
  const value = (name: string) => style.getPropertyValue(name).trim();
  const tracks = ["--vermilion", "--blue", "--green", "--purple"].map(value);
  return {
    line: value("--grid"),
    shade: value("--shade"),
    paper: value("--paper"),
    same: voices === 1 ? [value("--blue")] : tracks,
    fresh: voices === 1 ? value("--orange") : value("--ink"),
    gone: value("--muted"),
  };
}

/** A band of pitches per voice, one below the other: the highest voice of a song is on top. */
function bandsOf({ music, compared }: RollContent, height: number): Band[] {
  const count = music.voices.length;
  const share = (height - GAP * (count - 1)) / count;
  return music.voices.map((_, voice) => {
    const pitches = compared.filter((note) => note.voice === voice).map((note) => note.pitch);
    const [low, high] = pitches.length ? [Math.min(...pitches), Math.max(...pitches)] : [60, 72];
    const spare = Math.max(0, 12 - (high - low)) / 2;
    const top = (count - 1 - voice) * (share + GAP);
    return { top, height: share, low: Math.floor(low - 1 - spare), high: Math.ceil(high + 1 + spare) };
  });
}

function drawBand(context: CanvasRenderingContext2D, band: Band, width: number, colours: Colours, keys: boolean): void {
  context.fillStyle = colours.paper;
  context.fillRect(0, band.top, width, band.height);
  context.fillStyle = colours.shade;
  const row = band.height / (band.high - band.low + 1);
  for (let pitch = band.low; keys && pitch <= band.high; pitch++) {
    if (BLACK_KEYS.has(((pitch % 12) + 12) % 12)) context.fillRect(0, band.top + (band.high - pitch) * row, width, row);
  }
}

function drawBars(context: CanvasRenderingContext2D, content: RollContent, width: number, height: number, colours: Colours): void {
  const { metre, voices } = content.music;
  const beat = (content.measureWidth * metre.beat) / metre.length;
  context.fillStyle = colours.line;
  for (let place = 0; beat >= 9 && place * beat <= width; place++) {
    context.globalAlpha = 0.45;
    context.fillRect(Math.round(place * beat), 0, 1, height);
  }
  context.globalAlpha = 1;
  for (let x = 0; x <= width + 1; x += content.measureWidth) context.fillRect(Math.min(width - 1, Math.round(x)), 0, voices.length > 1 ? 1 : 1.5, height);
}

function drawNote(context: CanvasRenderingContext2D, note: Compared, band: Band, content: RollContent, colours: Colours): void {
  const scale = content.measureWidth / content.music.metre.length;
  const row = band.height / (band.high - band.low + 1);
  const thick = Math.max(2.5, Math.min(row, 14) - 1);
  const x = note.start * scale + 0.5;
  const y = band.top + (band.high - note.pitch + 0.5) * row - thick / 2;
  const width = Math.max(2, note.length * scale - 1.5);
  context.beginPath();
  context.roundRect(x, y, width, thick, Math.min(3, thick / 2));
  if (content.music.voices.length === 1) fillOfTune(context, note, colours);
  else fillOfSong(context, note, colours);
}

function fillOfTune(context: CanvasRenderingContext2D, note: Compared, colours: Colours): void {
  if (note.change !== "gone") {
    context.fillStyle = note.change === "new" ? colours.fresh : colours.same[0];
    return context.fill();
  }
  context.setLineDash([3, 2]);
  context.lineWidth = 1;
  context.strokeStyle = colours.gone;
  context.stroke();
  context.setLineDash([]);
}

/** Tracks have colours, so that what is new is told by ink, and what is gone by paleness. */
function fillOfSong(context: CanvasRenderingContext2D, note: Compared, colours: Colours): void {
  context.fillStyle = note.change === "new" ? colours.fresh : colours.same[note.voice];
  context.globalAlpha = note.change === "gone" ? 0.28 : 1;
  context.fill();
  context.globalAlpha = 1;
}
