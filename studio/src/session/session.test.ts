import { beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { openEngine, type Model, type Runs } from "../model";
import { golden, nodeFiles, setNodeEngine } from "../model/node_files";
import { createSession } from "./index";
import type { ExactEditor } from "./server";
import { StudioSession } from "./studio_session";
import type { Session, SessionResult } from "./types";

const runs: Runs = {
  server: false,
  entries: [
    { key: "melodies", title: "melodies", medium: "tunes" },
    { key: "moves", title: "moves", medium: "pictures" },
  ],
  files(key) {
    if (!this.entries.some((entry) => entry.key === key)) throw new Error(`There is no run '${key}' here.`);
    return nodeFiles(golden(key));
  },
};

let session: Session;
let faults: string[];
let asked: string[]; // ways of the edits that the model was asked for

/** A session on a link whose faults are noted, with a model whose edits are noted. */
async function opened(link = ""): Promise<void> {
  [faults, asked] = [[], []];
  const opener = {
    async open(files: ReturnType<Runs["files"]>): Promise<Model> {
      const engine = await openEngine(files);
      const editAll = engine.editAll.bind(engine);
      engine.editAll = (requests, signal) => {
        asked.push(`${requests[0].way} ${requests.length}`);
        return editAll(requests, signal);
      };
      return engine;
    },
  };
  session = await createSession(runs, opener, link, (opening) => {
    opening.addEventListener("fault", (event) => faults.push((event as CustomEvent<string>).detail));
  });
}

/** The first settled result of the present state. */
async function settled(): Promise<SessionResult> {
  await vi.waitFor(() => expect(session.result?.settled).toBe(true), { timeout: 10_000, interval: 2 });
  return session.result!;
}

const ONE = { kind: "gallery", index: 7, count: 1 } as const;

beforeAll(setNodeEngine);

describe("tunes", () => {
  beforeEach(() => opened("v=1&run=melodies&item=gallery.7"));

  test("without a link the first run opens with its first whole tune, unchanged", async () => {
    await opened();
    const tune = session.model.studio.gallery.tunes[0];
    expect(session.state.origin).toEqual({ kind: "gallery", index: tune.start, count: tune.count });
    const { originals, edited } = await settled();
    expect(originals.length).toBe(tune.count);
    expect(edited.map((one) => one.item)).toEqual(originals);
    expect(asked).toEqual([]);
  });

  test("a slider's drag is answered jointly, its end along the path, and both are one step to undo", async () => {
    const before = await settled();
    for (const value of [0.1, 0.2, 0.3]) session.turn("note_density", value, false);
    await vi.waitFor(() => expect(session.result!.edited[0].item).not.toEqual(before.originals[0]));
    expect(asked.every((way) => way.startsWith("joint"))).toBe(true);
    session.turn("note_density", 0.3, true);
    const after = await settled();
    expect(asked.at(-1)).toBe("path 1");
    expect(after.edited[0].values).not.toEqual(before.originalValues[0]);
    session.undo();
    expect(session.state.targets).toEqual([{}]);
    expect(session.canUndo).toBe(false);
    expect((await settled()).edited[0].item).toEqual(before.originals[0]);
    session.redo();
    const count = asked.length;
    expect((await settled()).edited[0].item).toEqual(after.edited[0].item);
    expect(asked.length).toBe(count); // what was found is remembered
  });

  test("of many moves of a slider only the latest are computed", async () => {
    await settled();
    for (let n = 0; n < 50; n++) session.turn("note_density", 0.05 + 0.005 * n, false);
    await vi.waitFor(() => expect(session.result!.milliseconds).toBeGreaterThan(0));
    session.turn("note_density", 0.3, true);
    await settled();
    expect(asked.filter((way) => way.startsWith("joint")).length).toBeLessThan(5);
    expect(session.state.targets[0].note_density).toBe(0.3);
  });

  test("a new move interrupts the search along the path", async () => {
    await settled();
    session.turn("note_density", 0.3, true);
    await vi.waitFor(() => expect(asked).toContain("path 1"));
    session.turn("note_density", 0.1, true);
    const { edited } = await settled();
    const direct = await session.model.edit({
      item: session.result!.originals[0],
      codes: await session.model.encode(session.result!.originals[0]),
      targets: { note_density: 0.1 },
      held: [],
      way: "path",
    });
    expect(edited[0].item).toEqual(direct.item);
    expect(faults).toEqual([]);
  });

  test("an answer to an earlier change does not count as settled", async () => {
    await settled();
    const told: [boolean, boolean][] = []; // settled, and whether it is what was asked for last
    session.addEventListener("result", () => {
      const { edited, originals, settled: done } = session.result!;
      told.push([done, edited[0].item !== originals[0]]);
    });
    session.hold("contour", true); // changes nothing yet, and is answered at once
    session.turn("note_density", 0.35, true);
    await settled();
    expect(told.length).toBeGreaterThan(1);
    expect(told.filter(([done, asked]) => done && !asked)).toEqual([]);
  });

  test("one measure of a tune is turned, the others stay", async () => {
    await session.load({ kind: "gallery", index: 0, count: 6 });
    session.turn("pitch_range", 0.3, true, 2);
    const { edited, originals } = await settled();
    expect(edited[2].item).not.toEqual(originals[2]);
    expect(session.state.targets.map((each) => Object.keys(each).length)).toEqual([0, 0, 1, 0, 0, 0]);
    edited.forEach((one, n) => n !== 2 && expect(one.item).toEqual(originals[n]));
    expect(asked.at(-1)).toBe("path 1");
  });

  test("a curve drawn over several measures is one step of undo", async () => {
    await session.load({ kind: "gallery", index: 0, count: 6 });
    const drawn = [0, 1, 2].map((item) => ({ knob: "pitch_range", item, value: 0.1 * (item + 1) }));
    for (const many of [1, 2, 3]) session.turnEach(drawn.slice(0, many), false, "curve pitch_range");
    session.turnEach(drawn, true, "curve pitch_range");
    await settled();
    const asked = (): (number | undefined)[] => session.state.targets.map((each) => each.pitch_range);
    expect(asked().slice(0, 3).map((value) => value!.toFixed(3))).toEqual(["0.100", "0.200", "0.300"]);
    session.undo();
    expect(asked()).toEqual([undefined, undefined, undefined, undefined, undefined, undefined]);
    session.turnEach([{ knob: "nothing", item: 0, value: 1 }], true, "curve nothing");
    expect(faults).toHaveLength(1);
    faults.length = 0;
  });

  test("a held attribute that was asked for stays closer than when it is free", async () => {
    session.turn("note_density", 0.35, true);
    const column = session.model.description.attributes.findIndex(({ name }) => name === "pitch_range");
    const free = Math.abs((await settled()).edited[0].values[column] - session.result!.originalValues[0][column]);
    session.hold("pitch_range", true);
    const held = Math.abs((await settled()).edited[0].values[column] - session.result!.originalValues[0][column]);
    expect(held).toBeLessThanOrEqual(free);
    expect(session.state.held).toEqual(["pitch_range"]);
    session.hold("pitch_range", false);
    expect(session.state.held).toEqual([]);
  });

  test("a link restores the state, and its result, in another page", async () => {
    await session.load({ kind: "gallery", index: 3, count: 2 });
    session.hold("contour", true);
    session.turn("note_density", 0.123456789, true);
    session.turn("pitch_range", 0.3, true, 1);
    session.crossfade({ kind: "gallery", index: 20, count: 1 }, 0.4, true);
    await vi.waitFor(() => expect(session.state.second).not.toBeNull());
    const [state, result, link] = [session.state, await settled(), session.link()];
    await opened(`#${link}`);
    expect(session.state).toEqual(state);
    expect((await settled()).edited).toEqual(result.edited);
    expect(faults).toEqual([]);
  });

  test("what of a link cannot be had is told in one sentence each, and the rest is restored", async () => {
    await opened("v=1&run=melodies&item=gallery.900&k.slant=2&k.note_density=0.2&hold=none&genre=disco&k.contour=x");
    expect(session.state.origin).toEqual({
      kind: "gallery",
      index: 0,
      count: session.model.studio.gallery.tunes[0].count,
    });
    expect(session.state.targets[0]).toEqual({ note_density: 0.2 });
    expect(faults.length).toBe(1);
    for (const words of ["gallery has no item", "no knob slant", "no attribute none", "no genre disco", "k.contour"]) {
      expect(faults[0]).toContain(words);
    }
    await opened("v=1&run=other");
    expect(session.state.run).toBe("melodies");
    expect(faults).toEqual(["There is no run 'other' here."]);
    await opened("v=1&run=melodies&item=upload.song.mid");
    expect(faults).toEqual(["The file 'song.mid' is not in this page: open it again."]);
  });

  test("a crossfade goes from the one item, decoded, to the other", async () => {
    const { originals } = await settled();
    const [decode, encode] = [session.model.decode.bind(session.model), session.model.encode.bind(session.model)];
    const second = { kind: "gallery", index: 60, count: 1 } as const;
    session.crossfade(second, 1, true);
    await vi.waitFor(() => expect(session.state.second).toEqual(second));
    const gallery = await nodeFiles(golden("melodies")).bytes("gallery.bin");
    const other = gallery.slice(60 * session.model.itemLength, 61 * session.model.itemLength);
    await vi.waitFor(() => expect(session.result!.edited[0].item).not.toEqual(originals[0]));
    expect(session.result!.edited[0].item).toEqual((await decode(await encode(other))).items);
    session.crossfade(second, 0, true);
    const own = (await decode(await encode(originals[0]))).items;
    await vi.waitFor(() => expect(session.result!.edited[0].item).toEqual(own));
  });

  test("random items are the same for a seed, and measures come in fours", async () => {
    await session.load({ kind: "random", seed: 5 });
    const first = session.result!.originals;
    expect(first.length).toBe(4);
    await session.load({ kind: "random", seed: 6 });
    expect(session.result!.originals).not.toEqual(first);
    await opened("v=1&run=melodies&item=random.5");
    expect(session.result!.originals).toEqual(first);
  });

  test("randomising sets what is neither held nor set, within the range, and can be done again", async () => {
    session.turn("note_density", 0.2, true);
    session.hold("pitch_range", true);
    session.randomise(1);
    const [first] = session.state.targets;
    expect(Object.keys(first)).toEqual(["rhythmic_complexity", "note_density"]);
    expect(first.note_density).toBe(0.2);
    const { low, high } = session.model.description.knobs.knobs[0];
    expect(first.rhythmic_complexity).toBeGreaterThanOrEqual(low);
    expect(first.rhythmic_complexity).toBeLessThanOrEqual(high);
    session.randomise(2);
    expect(session.state.targets[0].rhythmic_complexity).not.toBe(first.rhythmic_complexity);
    session.undo();
    expect(session.state.targets[0]).toEqual(first);
  });

  test("own items are taken, and refused where they are none of the run's", async () => {
    const silence = new Uint8Array(session.model.itemLength).fill(
      session.model.description.codec.kind === "measure" ? 0 : 1,
    );
    await session.loadItems([new Uint8Array(3)], { kind: "upload", name: "a.mid" });
    expect(faults).toEqual([`An item of this run has ${session.model.itemLength} elements, got 3.`]);
    expect(session.state.origin).toEqual(ONE);
    const [item] = (await settled()).originals;
    await session.loadItems([item, silence], { kind: "upload", name: "a.mid" });
    expect(session.state.origin).toEqual({ kind: "upload", name: "a.mid" });
    session.turn("note_density", 0.3, true);
    await settled();
    await session.load(ONE);
    session.undo();
    expect(session.state.origin).toEqual({ kind: "upload", name: "a.mid" });
    expect((await settled()).originals[1]).toEqual(silence);
  });

  test("a measure without notes stays as it is", async () => {
    const { codec } = session.model.description;
    if (codec.kind !== "measure") throw new Error("expected measures");
    const silence = new Uint8Array(session.model.itemLength).fill(codec.values.findIndex((value) => value < 0));
    await session.loadItems([silence], { kind: "upload", name: "silence.mid" });
    session.turn("note_density", 0.3, true);
    expect((await settled()).edited[0].item).toEqual(silence);
  });

  test("unknown names are told and change nothing", () => {
    const { state } = session;
    session.turn("slant", 1, true);
    session.turn("note_density", NaN, true);
    session.hold("slant", true);
    session.move("right");
    session.setGenre("disco");
    session.setExact(true);
    expect(session.state).toBe(state);
    expect(faults.length).toBe(6);
  });

  test("resetting takes back one knob, or all that was done", async () => {
    session.hold("contour", true);
    session.turn("note_density", 0.3, true);
    session.turn("pitch_range", 0.3, true);
    session.reset("note_density");
    expect(session.state.targets).toEqual([{ pitch_range: 0.3 }]);
    session.reset();
    expect(session.state.targets).toEqual([{}]);
    expect(session.state.held).toEqual(["contour"]);
    expect((await settled()).edited[0].item).toEqual(session.result!.originals[0]);
  });
});

test("moves are applied one after the other, and undone", async () => {
  await opened("v=1&run=moves&item=gallery.3");
  const [{ originals }, { model }] = [await settled(), session];
  const { names, targets } = model.studio.moves!;
  const codes = await model.encode(originals[0]);
  const [start] = await model.place(codes);
  const move = targets.findIndex((each) => each[start] !== start);
  session.move(names[move]);
  await settled();
  expect(session.result!.edited[0].codes).toEqual(await model.move(codes, move));
  session.move(names[0]);
  expect(session.state.moves).toEqual([names[move], names[0]]);
  await opened(session.link());
  expect(session.state.moves).toEqual([names[move], names[0]]);
  session.reset();
  expect(session.state.moves).toEqual([]);
});

test("another run can be opened, and a fault leaves the one that is there", async () => {
  await opened();
  await session.openRun("moves");
  expect(session.state.run).toBe("moves");
  expect(session.result!.originals.length).toBe(1);
  expect(session.canUndo).toBe(false);
  await session.openRun("other");
  expect(session.state.run).toBe("moves");
  expect(faults).toEqual(["There is no run 'other' here."]);
});

test("exact edits are the server's, and its refusal is told, and the path's result shown", async () => {
  const questions: unknown[] = [];
  const server: ExactEditor = {
    async edit(key, model, requests) {
      questions.push([key, requests[0].targets]);
      if (requests[0].targets.note_density > 0.3) throw new Error("note_density: nothing comes near 0.4.");
      return model.editAll(requests);
    },
  };
  const exact = new StudioSession({ ...runs, files: runs.files.bind(runs) }, { open: openEngine }, server);
  session = exact;
  faults = [];
  exact.addEventListener("fault", (event) => faults.push((event as CustomEvent<string>).detail));
  await exact.openLink("v=1&run=melodies&item=gallery.7&exact=1&k.note_density=0.2");
  await settled();
  expect(exact.state.exact).toBe(true);
  expect(questions).toEqual([["melodies", { note_density: 0.2 }]]);
  exact.turn("note_density", 0.4, true);
  await vi.waitFor(() => expect(faults).toEqual(["note_density: nothing comes near 0.4."]));
  const { edited } = await settled(); // the path's, since the server has none
  exact.setExact(false);
  expect((await settled()).edited[0].item).toEqual(edited[0].item);
});
