/** The command and the lines of Python that reproduce what is on the page. */

import type { Medium } from "../model/types";
import type { Origin, State } from "../session/types";

/** What of a run commands need. */
export interface CommandSubject {
  run: string; // the folder as a user would type it
  medium: Medium;
  items: number;
  perItem: boolean; // whether one number per item can be asked for: phrases
  nearest: boolean; // whether a request was missed, which a command refuses otherwise
}

const SUFFIXES: Record<Medium, string> = { pictures: "png", tunes: "mid", songs: "mid" };

/** The name under which the page offers an item for download, and which commands read. */
export function fileOf(origin: Origin, medium: Medium): string {
  const suffix = SUFFIXES[medium];
  if (origin.kind === "upload") return origin.name;
  if (origin.kind === "gallery") return `item-${origin.index}.${suffix}`;
  return origin.kind === "random" ? `random-${origin.seed}.${suffix}` : `drawing.${suffix}`;
}

/** The name of the edited file. */
export function editedFileOf(medium: Medium): string {
  return `edited.${SUFFIXES[medium]}`;
}

/** The line for a shell; null while nothing was changed. */
export function commandOf(state: State, subject: CommandSubject): string | null {
  const run = quoted(subject.run);
  const input = quoted(fileOf(state.origin, subject.medium));
  const output = `--output ${editedFileOf(subject.medium)}`;
  if (state.second) return `latune interpolate ${run} ${input} ${quoted(fileOf(state.second, subject.medium))} ${output}`;
  if (state.genre !== null) return `latune transfer ${run} ${input} --genre ${quoted(state.genre)} ${output}`;
  const moves = state.moves.map((move) => `--move ${quoted(move)}`);
  if (moves.length === 0 && !anyTarget(state)) return null;
  return ["latune edit", run, input, ...(moves.length ? moves : knobOptions(state, subject)), output].join(" ");
}

function knobOptions(state: State, subject: CommandSubject): string[] {
  const knobs = Object.entries(wantedOf(state, subject)).map(([name, values]) => `--knob ${name}=${values.join(",")}`);
  const held = heldOf(state).map((name) => `--hold ${name}`);
  const exact = state.exact ? ["--exact"] : [];
  return [...knobs, ...held, ...exact, ...(subject.nearest ? ["--nearest"] : [])];
}

/** The same in Python; null where nothing was changed, or what was changed has no verb there. */
export function pythonOf(state: State, subject: CommandSubject): string | null {
  if (!state.second && (state.moves.length > 0 || state.genre !== null || !anyTarget(state))) return null;
  const file = text(fileOf(state.origin, subject.medium));
  const call = state.second
    ? `model.interpolate(${file}, ${text(fileOf(state.second, subject.medium))})`
    : `model.edit(${[file, ...pythonOptions(state, subject)].join(", ")})`;
  const lines = ["import latune", "", `model = latune.load(${text(subject.run)})`, `result = ${call}`];
  return [...lines, `result.save(${text(editedFileOf(subject.medium))})`].join("\n");
}

function pythonOptions(state: State, subject: CommandSubject): string[] {
  const knobs = Object.entries(wantedOf(state, subject)).map(
    ([name, values]) => `${name}=${values.length > 1 ? `[${values.join(", ")}]` : values[0]}`,
  );
  const held = heldOf(state);
  const hold = held.length ? [`hold=[${held.map(text).join(", ")}]`] : [];
  return [...knobs, ...hold, ...(state.exact ? ['way="exact"'] : []), ...(subject.nearest ? ["nearest=True"] : [])];
}

/** Whether commands say all of the state; else the sentence that says what they leave out. */
export function remarkOf(state: State, subject: CommandSubject): string | null {
  if (state.origin.kind === "upload") return commandLimits(state, subject);
  return commandLimits(state, subject) ?? "Download the original first: it is the file that the line reads.";
}

function commandLimits(state: State, subject: CommandSubject): string | null {
  const kinds = [state.moves.length > 0, state.genre !== null, state.second !== null, anyTarget(state)];
  if (kinds.filter(Boolean).length > 1) return "Commands do one thing at a time: this line leaves out the knobs or what else was changed.";
  if (!subject.perItem && state.second === null && variesOf(state)) return "Values differ between measures here; the line asks for their mean.";
  return null;
}

function anyTarget(state: State): boolean {
  return state.targets.some((targets) => Object.keys(targets).length > 0);
}

function variesOf(state: State): boolean {
  return namesOf(state).some((name) => new Set(state.targets.map((targets) => targets[name])).size > 1);
}

function namesOf(state: State): string[] {
  return [...new Set(state.targets.flatMap((targets) => Object.keys(targets)))];
}

function heldOf(state: State): string[] {
  const turned = new Set(namesOf(state));
  return state.held.filter((name) => !turned.has(name));
}

/** Values by knob: one, or, where items may differ, one per item. */
function wantedOf(state: State, subject: CommandSubject): Record<string, number[]> {
  return Object.fromEntries(
    namesOf(state).map((name) => {
      const values = state.targets.map((targets) => targets[name]).filter((value) => value !== undefined);
      const same = values.length === subject.items && new Set(values).size === 1;
      if (same || !subject.perItem || values.length < subject.items) {
        return [name, [tidy(values.reduce((sum, value) => sum + value, 0) / values.length)]];
      }
      return [name, values.map(tidy)];
    }),
  );
}

/** Ten significant digits: what a slider gives, without the noise of binary fractions. */
function tidy(value: number): number {
  return Number(value.toPrecision(10));
}

/** A word as a POSIX shell reads it back. */
function quoted(word: string): string {
  return /^[\w./:@%+,-]+$/.test(word) && !word.startsWith("-") ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** A string of Python. */
function text(word: string): string {
  return JSON.stringify(word);
}
