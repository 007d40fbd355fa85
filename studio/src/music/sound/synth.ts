/** What the player needs of a synthesiser. */
export interface Synth {
  /** The General MIDI program of a channel; -1: the drum kit. */
  program(channel: number, program: number): void;
  /** A note at a time of the context's clock, in seconds. */
  note(channel: number, pitch: number, velocity: number, time: number, seconds: number): void;
  /** Take back what was handed over but has not begun, and let go of what sounds. */
  silence(): void;
}
