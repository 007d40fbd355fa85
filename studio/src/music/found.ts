/** What a reader finds in a file, before it is brought to the grid. */

/** A track with notes; times in ticks. */
export interface FoundTrack {
  name: string;
  program: number;
  drums: boolean;
  notes: { start: number; end: number; pitch: number }[];
}

/** A file. */
export interface Found {
  title: string;
  quarter: number; // ticks
  tempo: number | null; // quarters per minute
  fifths: number | null;
  signatures: { time: number; numerator: number; denominator: number }[];
  tracks: FoundTrack[]; // those with notes
  end: number; // ticks; 0 where the file does not say it
  measures: number[]; // where measures begin as they are played, in ticks; empty where the format has none
}
