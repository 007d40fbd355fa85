/**
 * How long edits take: `LATUNE_BUNDLES=folder npx vitest run src/model/times` prints them for every run in the folder
 * `runs/` of an export for the web.
 */

import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { openEngine } from "./engine";
import { nodeFiles, setNodeEngine } from "./node_files";
import type { EditRequest, Way } from "./types";

const FOLDER = process.env.LATUNE_BUNDLES;
const REPEATED = { joint: 60, path: 9 };

test.skipIf(!FOLDER)("times of one edit", { timeout: 600_000 }, async () => {
  setNodeEngine();
  for (const key of readdirSync(FOLDER!)) {
    const files = nodeFiles(`${FOLDER}/${key}`);
    const engine = await openEngine(files);
    const items = (await files.bytes("gallery.bin")).slice(0, engine.itemLength);
    const knob = engine.description.knobs.knobs[0];
    const request: EditRequest = {
      item: items,
      codes: await engine.encode(items),
      targets: {},
      held: [],
      way: "joint",
    };
    const edit = (way: Way, share: number): Promise<unknown> => {
      return engine.edit({ ...request, way, targets: { [knob.name]: knob.low + share * (knob.high - knob.low) } });
    };
    const times = [];
    for (const way of ["joint", "path"] as const) {
      times.push(`${way} ${await timed(REPEATED[way], (n) => edit(way, n / REPEATED[way]))}`);
    }
    times.push(`decoding ${await timed(60, () => engine.decode(request.codes))}`);
    times.push(`measuring ${await timed(60, () => engine.measure(items))}`);
    console.log(`${key}: ${times.join("; ")}`);
    expect(times.length).toBe(4);
    engine.close();
  }
});

/** The median of the clock, and the mean of the processor's time, which others on the machine do not lengthen. */
async function timed(count: number, action: (n: number) => Promise<unknown>): Promise<string> {
  await action(0);
  const [times, before]: [number[], NodeJS.CpuUsage] = [[], process.cpuUsage()];
  for (let n = 0; n < count; n++) {
    const start = performance.now();
    await action(n);
    times.push(performance.now() - start);
  }
  const { user, system } = process.cpuUsage(before);
  const median = times.sort((a, b) => a - b)[Math.floor(count / 2)];
  return `${median.toFixed(2)} ms (processor ${((user + system) / 1000 / count).toFixed(2)} ms)`;
}
