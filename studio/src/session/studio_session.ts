/** The session: one state, what follows from it, and the verbs that change it. */

import type { Edited, Model, Runs } from "../model";
import { Edits } from "./edits";
import { History } from "./history";
import { linkOf, readLink } from "./link";
import { restored } from "./restoring";
import { randomValues } from "./randomising";
import type { ExactEditor } from "./server";
import { Sources, type Source } from "./sources";
import {
  freshState,
  ordered,
  sameState,
  short,
  withHeld,
  withOrigin,
  withoutEdits,
  withoutTarget,
  withTarget,
} from "./state";
import type { Origin, Session, SessionResult, State, Wanted } from "./types";

/** Opens models; `Host` of the model is one. */
export interface Opener {
  open(files: ReturnType<Runs["files"]>): Promise<Model>;
}

interface OpenRun {
  model: Model;
  sources: Sources;
  edits: Edits;
  order: string[]; // of knobs
}

/** All that views know. Use `createSession`. */
export class StudioSession extends EventTarget implements Session {
  #open: OpenRun | null = null;
  #state: State | null = null;
  #result: SessionResult | null = null;
  readonly #history = new History();
  #randomised = new Set<string>(); // knobs that nobody set by hand
  #settle = true;
  #wanted = 0; // number of the last change
  #since = 0; // when it was
  #busy = false;
  #search: AbortController | null = null;
  #loading = 0; // number of the last verb that loads

  constructor(
    readonly runs: Runs,
    private readonly opener: Opener,
    private readonly server: ExactEditor | null,
  ) {
    super();
  }

  /** Whether there is a run: before, a session has neither model nor state. */
  get isOpen(): boolean {
    return this.#open !== null;
  }

  get model(): Model {
    return this.#run.model;
  }

  get state(): State {
    if (!this.#state) throw new Error("No run is open yet.");
    return this.#state;
  }

  get result(): SessionResult | null {
    return this.#result;
  }

  get canUndo(): boolean {
    return this.#history.canUndo;
  }

  get canRedo(): boolean {
    return this.#history.canRedo;
  }

  async openRun(key: string): Promise<void> {
    await this.#try(() => this.#enter(key, (run) => firstOrigin(run.model)));
  }

  async openLink(link: string): Promise<void> {
    await this.#try(async () => {
      const linked = readLink(link);
      const key = linked.run ?? this.#state?.run ?? this.runs.entries[0]?.key;
      let missing: string[] = [];
      await this.#enter(key, async (run) => {
        const { state, faults } = await restored(linked, key, run.model, run.sources, firstOrigin(run.model));
        missing = faults;
        return { ...state, exact: state.exact && this.server !== null };
      });
      if (missing.length > 0) this.#fault(missing.join(" "));
    });
  }

  async load(origin: Origin): Promise<void> {
    await this.#loadThen(async (run) => {
      const own = { ...origin };
      const known = run.sources.known(origin) ? origin : own;
      const source = await run.sources.of(known);
      return () => this.#change(withOrigin(this.state, known, source.length));
    });
  }

  async loadItems(items: Uint8Array[], origin: Origin): Promise<void> {
    await this.#loadThen(async (run) => {
      const own = { ...origin };
      await run.sources.take(items, own);
      return () => this.#change(withOrigin(this.state, own, items.length));
    });
  }

  turn(knob: string, value: number, settle: boolean, item?: number): void {
    this.#turn([{ knob, item, value }], settle, `${knob} ${item ?? "all"}`);
  }

  turnEach(wanted: Wanted[], settle: boolean, drag: string): void {
    this.#turn(wanted, settle, drag);
  }

  #turn(wanted: { knob: string; item?: number; value: number }[], settle: boolean, drag: string): void {
    const { order } = this.#run;
    const wrong = wanted.find(({ knob, value }) => !Number.isFinite(value) || !order.includes(knob));
    if (wrong) return this.#fault(`There is no knob '${wrong.knob}' to set to ${wrong.value}.`);
    for (const { knob } of wanted) this.#randomised.delete(knob);
    const changed = wanted.reduce((state, each) => withTarget(state, each.knob, each.value, order, each.item), this.state);
    this.#change(changed, drag, settle);
    if (settle) this.#history.endDrag();
  }

  hold(name: string, held: boolean): void {
    if (held && !this.model.description.attributes.some((attribute) => attribute.name === name)) {
      return this.#fault(`There is no attribute '${name}' to hold.`);
    }
    this.#change(withHeld(this.state, name, held));
  }

  reset(knob?: string, item?: number): void {
    this.#change(knob === undefined ? withoutEdits(this.state) : withoutTarget(this.state, knob, item));
  }

  randomise(seed: number): void {
    const { order, model } = this.#run;
    const { targets, held } = this.state;
    const isSet = (name: string): boolean => targets.some((each) => name in each) && !this.#randomised.has(name);
    const free = order.filter((name) => !held.includes(name) && !isSet(name));
    const source = this.#run.sources.known(this.state.origin);
    if (free.length === 0 || !source) return;
    try {
      const { description, studio } = model;
      const values = randomValues(description, studio, free, targets, held, this.#result?.edited ?? source, seed);
      const all = targets.map((each, n) => ordered({ ...each, ...values[n] }, order));
      this.#randomised = new Set(free);
      this.#change({ ...this.state, targets: all });
    } catch (error) {
      this.#fault(sentence(error));
    }
  }

  move(name: string): void {
    if (!this.model.studio.moves?.names.includes(name)) return this.#fault(`This run has no move '${name}'.`);
    this.#change({ ...this.state, moves: [...this.state.moves, name] });
  }

  setGenre(name: string | null): void {
    if (name !== null && !this.model.studio.genres?.names.includes(name)) {
      return this.#fault(`This run knows no genre '${name}'.`);
    }
    this.#change({ ...this.state, genre: name });
  }

  crossfade(second: Origin | null, share: number, settle: boolean): void {
    const change = (other: Origin | null): void => {
      this.#change({ ...this.state, second: other, share: other ? short(share) : 0 }, "crossfade", settle);
      if (settle) this.#history.endDrag();
    };
    if (!second || this.#run.sources.known(second)) return change(second);
    void this.#loadThen(async (run) => {
      await run.sources.of(second);
      return () => change(second);
    });
  }

  setExact(exact: boolean): void {
    if (exact && !this.server) return this.#fault("Exact edits need a server: start the page by latune studio.");
    this.#change({ ...this.state, exact });
  }

  undo(): void {
    this.#step(this.#history.undo(this.state));
  }

  redo(): void {
    this.#step(this.#history.redo(this.state));
  }

  link(): string {
    return linkOf(this.state);
  }

  get #run(): OpenRun {
    if (!this.#open) throw new Error("No run is open yet.");
    return this.#open;
  }

  /** Open a run with the state, or the items, that it is to begin with. */
  async #enter(key: string, begin: (run: OpenRun) => Promise<State> | Origin): Promise<void> {
    const loading = ++this.#loading;
    const opened = this.#state?.run === key && this.#open ? this.#open : await this.#opened(key);
    const first = await begin(opened);
    const origin = "run" in first ? first.origin : first;
    const source = await opened.sources.of(origin);
    const state = "run" in first ? first : freshState(key, origin, source.length);
    if (state.second) await opened.sources.of(state.second);
    if (loading !== this.#loading) return opened === this.#open ? undefined : opened.model.close();
    if (opened !== this.#open) this.#open?.model.close();
    this.#open = opened;
    this.#history.clear();
    this.#randomised.clear();
    this.#state = state;
    this.#changed(true);
  }

  async #opened(key: string): Promise<OpenRun> {
    const files = this.runs.files(key);
    const model = await this.opener.open(files);
    const order = model.description.knobs.knobs.map((knob) => knob.name);
    return { model, sources: new Sources(model, files), edits: new Edits(key, model, this.server), order };
  }

  /** Load what a change needs, then make the change, unless another one was asked for meanwhile. */
  async #loadThen(load: (run: OpenRun) => Promise<() => void>): Promise<void> {
    const [loading, run] = [++this.#loading, this.#run];
    await this.#try(async () => {
      const change = await load(run);
      if (loading === this.#loading && run === this.#open) change();
    });
  }

  async #try(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      this.#fault(sentence(error));
    }
  }

  #change(state: State, drag: string | null = null, settle = true): void {
    if (sameState(state, this.state)) {
      if (settle && !this.#result?.settled) this.#changed(true);
      return;
    }
    this.#history.note(this.state, drag);
    this.#state = state;
    this.#changed(settle);
  }

  #step(state: State | null): void {
    if (!state) return;
    this.#state = state;
    this.#changed(true);
  }

  /** Tell views of a change, and work out what follows. */
  #changed(settle: boolean): void {
    this.#settle = settle;
    this.#since = performance.now();
    this.#wanted++;
    this.#search?.abort();
    const source = this.#run.sources.known(this.state.origin)!;
    const others = this.#result?.originals[0] !== source[0].item;
    if (others) this.#result = resultOf(source, source, false, 0);
    else this.#result = { ...this.#result!, settled: false }; // it is of the state before
    if (!this.#busy) void this.#work(); // before views draw: the worker computes meanwhile
    this.dispatchEvent(new Event("change"));
    if (others) this.dispatchEvent(new Event("result"));
  }

  /** Answer the last change, as long as there are new ones. */
  async #work(): Promise<void> {
    this.#busy = true;
    for (let done = -1; done !== this.#wanted; ) {
      done = this.#wanted;
      try {
        await this.#answer(done, this.#since, this.#run, this.state);
      } catch (error) {
        if (done === this.#wanted) this.#fault(sentence(error));
      }
    }
    this.#busy = false;
  }

  async #answer(change: number, since: number, run: OpenRun, state: State): Promise<void> {
    const { edits, sources } = run;
    const source = sources.known(state.origin)!;
    const second = state.second && sources.known(state.second);
    const bases = edits.knownBases(state, source, second) ?? (await edits.bases(state, source, second));
    const quick = await edits.quick(state, bases);
    const settled = edits.isSettled(state, bases);
    if (run === this.#open && state.origin === this.state.origin) {
      this.#tell(source, quick, settled && change === this.#wanted, since);
    }
    if (settled || !this.#settle || change !== this.#wanted) return;
    this.#search = new AbortController();
    const best = await this.#best(edits, state, bases, this.#search.signal);
    if (change === this.#wanted) this.#tell(source, best, true, since);
  }

  /** The settled answer; where the server has none, that of the path. */
  async #best(edits: Edits, state: State, bases: Edited[], signal: AbortSignal): Promise<Edited[]> {
    try {
      return await edits.settled(state, bases, signal);
    } catch (error) {
      if (signal.aborted || !state.exact) throw error;
      this.#fault(sentence(error));
      return edits.settled({ ...state, exact: false }, bases, signal);
    }
  }

  #tell(source: Source, edited: Edited[], settled: boolean, since: number): void {
    this.#result = resultOf(source, edited, settled, performance.now() - since);
    this.dispatchEvent(new Event("result"));
  }

  #fault(reason: string): void {
    this.dispatchEvent(new CustomEvent("fault", { detail: reason }));
  }
}

function resultOf(source: Source, edited: Edited[], settled: boolean, milliseconds: number): SessionResult {
  return {
    originals: source.map((one) => one.item),
    originalShown: source.map((one) => one.shown),
    originalValues: source.map((one) => one.values),
    edited,
    settled,
    milliseconds,
  };
}

/** What a run begins with: its first whole tune, its first item, or a new one. */
function firstOrigin(model: Model): Origin {
  const { gallery } = model.studio;
  const tune = gallery.tunes[0];
  if (tune) return { kind: "gallery", index: tune.start, count: tune.count };
  return gallery.count > 0 ? { kind: "gallery", index: 0, count: 1 } : { kind: "random", seed: 1 };
}

function sentence(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
