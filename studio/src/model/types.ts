/** What the page knows of a run: the files that `latune.studio.bundle` writes, and the questions a model answers. */

/** An attribute, as in `latune.json`. */
export interface Attribute {
  name: string;
  unit: string;
  kind: "continuous" | "ordinal" | "categorical";
  low: number | null;
  high: number | null;
  description: string;
}

/** A knob, as in `knobs.json`. */
export interface KnobData {
  name: string;
  unit: string;
  dimension: number;
  low: number;
  high: number;
  values: number[];
  codes: number[];
  gain: number;
  reading?: number[];
  motion?: number[];
}

export interface KnobsData {
  knobs: KnobData[];
  covariance: number[][];
  spread: number[];
  ranges: Record<string, [number, number]>;
  among?: number[][];
  independent: Record<string, Record<string, number>>;
}

/** A knob in the certificate's words. */
export interface KnobSummary {
  name: string;
  unit: string;
  low: number;
  high: number;
  reachable: [number, number] | null;
  hit_rates: Record<string, number | null>;
  side_effects: Record<string, number>;
}

export interface PortData {
  name: string;
  type: "float32" | "int32";
  shape: (string | number)[];
  meaning: string;
  columns?: string[];
}

export interface GraphData {
  file: string;
  input: PortData;
  outputs: PortData[];
  difference: number;
}

/** `latune.json`, as `latune export --to onnx` writes it. */
export interface Description {
  format: number;
  latune_version: string;
  recipe: string;
  network: string;
  method: string;
  seed: number;
  data: { name: string; source: string | null; licence: string | null };
  codec: CodecData;
  attributes: Attribute[];
  latent_size: number;
  graphs: Record<string, GraphData>;
  knobs: KnobsData;
  codes: { mean: number[]; covariance: number[][] } | null;
  certificate: { tolerance: number | null; items: number | null; knobs: KnobSummary[] };
}

/** What items are. */
export type CodecData = MeasureCodecData | PhraseCodecData | PictureCodecData | { kind: "song" } | { kind: "dmelody" };

export interface MeasureCodecData {
  kind: "measure";
  metre: string; // "4/4"
  vocabulary: "midi" | "spelled";
  symbols: string[];
  values: number[]; // ticks' value of every token: a MIDI pitch, or negative for hold, rest, START, END
}

export interface PhraseCodecData {
  kind: "phrase";
  measures: number;
  measure: MeasureCodecData;
}

export interface PictureCodecData {
  kind: "picture";
  item_shape: [number, number, number];
  levels: number;
  measurement: string; // "morphology", "sprites", "reader", "none" ...
  attributes: Attribute[];
}

export type Medium = "pictures" | "tunes" | "songs";

/** `studio.json`: what the page shows beside the model. */
export interface StudioData {
  format: 1;
  key: string; // of the run in links: letters, digits, dash, unique on this page
  title: string;
  command: string; // the run's folder as a user would type it, for commands that reproduce a state
  medium: Medium;
  gallery: {
    file: string; // uint8, count x item length, in the order of the gallery
    count: number;
    names: string[]; // "chorale 12, measure 3", "a 7"
    values: (number | null)[][]; // count x attributes, measured
    codes: number[][]; // count x latent size
    tunes: { title: string; start: number; count: number }[]; // whole tunes: consecutive items; empty for pictures
  };
  map: {
    axes: [string, string]; // what the two directions are, with their share of the variance
    points: [number, number][]; // of the gallery's items, in its order
    project: { mean: number[]; directions: [number[], number[]] }; // codes to points
  };
  /** Of relational runs; targets: the region that each move leads to from each region, -1 none. */
  moves: { file: string; names: string[]; regions: string[]; targets: number[][] } | null;
  genres: GenresData | null;
  certificate: unknown | null; // certificate.json as it is
  metrics: MetricRow[];
  about: [string, string][]; // facts of the run in words: data, licence, method, training
}

export interface GenresData {
  names: string[];
  content_size: number;
  styles: number;
  petals: { means: number[][]; radial: number[][]; deviations: number[] | number[][] } | null;
}

export interface MetricRow {
  name: string;
  value: number | null;
  low: number | null;
  high: number | null;
  words: string; // what it says, one sentence
}

/** Where the files of a run come from: a folder beside the page, a server, or the page itself. */
export interface RunFiles {
  json(name: string): Promise<unknown>;
  bytes(name: string): Promise<Uint8Array>;
}

/** What a decoder says: items as data sets store them, and pictures for the eye (0 to 255, channels last left out). */
export interface Decoded {
  items: Uint8Array; // count x item length
  shown: Uint8Array; // pictures: brightness 0 to 255, same shape; others: the same array as items
}

export type Way = "alone" | "joint" | "path";

/** What is asked of one item. */
export interface EditRequest {
  item: Uint8Array;
  codes: Float32Array; // latent size
  targets: Record<string, number>;
  held: string[];
  way: Way;
}

export interface Edited {
  item: Uint8Array;
  shown: Uint8Array;
  codes: Float32Array;
  values: Float64Array; // one per attribute, NaN where it has none
}

/** A trained model. Every answer comes from a worker, so that the page never waits. */
export interface Model {
  readonly description: Description;
  readonly studio: StudioData;
  readonly itemLength: number;
  readonly latentSize: number;
  encode(items: Uint8Array): Promise<Float32Array>;
  decode(codes: Float32Array): Promise<Decoded>;
  measure(items: Uint8Array): Promise<Float64Array>; // count x attributes
  /** What is asked of one item. An aborted request is dropped before it runs, and rejects with an `AbortError`. */
  edit(request: EditRequest, signal?: AbortSignal): Promise<Edited>;
  /** What is asked of each of several items, decoded together. */
  editAll(requests: EditRequest[], signal?: AbortSignal): Promise<Edited[]>;
  /** One knob at several values, joint movement: count items. */
  sweep(request: EditRequest, name: string, values: number[], signal?: AbortSignal): Promise<Decoded>;
  /** New codes, knobs set or not; of one genre, or of each in turn. */
  sample(count: number, targets: Record<string, number>, seed: number, genre?: number): Promise<Float32Array>;
  move(codes: Float32Array, move: number): Promise<Float32Array>;
  /** The region (moves) or genre (songs) that codes are in, per item; -1 where there are none. */
  place(codes: Float32Array): Promise<Int32Array>;
  carry(codes: Float32Array, genre: number): Promise<Float32Array>;
  close(): void;
}

/** A run as `runs.json` lists it. */
export interface RunEntry {
  key: string;
  title: string;
  medium: Medium;
}

/** All runs of a page, and where their files come from. */
export interface Runs {
  readonly server: boolean; // whether `/api/KEY/` answers
  readonly entries: RunEntry[];
  /** Files of one run; throws where there is none of that key. */
  files(key: string): RunFiles;
}
