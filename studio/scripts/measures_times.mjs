/**
 * Median times of measuring the golden items in this computer's node, one by one and 61 at a time, and the processor's
 * share of the latter, which does not count what else the computer does:
 *
 *     node scripts/measures_times.mjs
 */

import { readFile, readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const MEASURES = new URL("../src/measures/", import.meta.url);
const SWEEP = 61; // items of a sweep with a value every sixtieth of the way
const SINGLES = 300;
const SWEEPS = 15;
const WARMING = 100; // calls before the clock counts

const { measurerOf, unpacked } = await bundled();
const noGraph = (name) => Promise.reject(new Error(`no graph ${name} here`));

for (const file of (await readdir(new URL("golden/", MEASURES))).sort()) {
  const cases = JSON.parse(await readFile(new URL(`golden/${file}`, MEASURES), "utf8"));
  for (const packed of cases) await time(file.replace(".json", ""), packed);
}

async function time(kind, packed) {
  const { description, items } = await unpacked(packed);
  const measurer = measurerOf(description, noGraph);
  const length = items.length / packed.count;
  const cut = (first, count) => {
    const some = new Uint8Array(count * length);
    for (let n = 0; n < count; n++) {
      const from = ((first + n) % packed.count) * length;
      some.set(items.subarray(from, from + length), n * length);
    }
    return some;
  };
  const started = performance.now();
  await measurer.measure(cut(0, 1), 1);
  const first = performance.now() - started;
  for (let n = 0; n < WARMING; n++) await measurer.measure(cut(n, 1), 1);
  const one = await medianTime(SINGLES, (n) => measurer.measure(cut(n, 1), 1));
  const manyAt = (n) => measurer.measure(cut(n * SWEEP, SWEEP), SWEEP);
  const columns = [one, await medianTime(SWEEPS, manyAt), await medianTime(SWEEPS, manyAt, processorTime), first];
  const [single, sweep, busy, start] = columns.map((value) => `${value.toFixed(3).padStart(8)} ms`);
  const name = `${kind}: ${packed.name}`.padEnd(28);
  console.log(`${name} one ${single}, ${SWEEP} ${sweep} (processor ${busy}), the very first ${start}`);
}

function processorTime() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

async function medianTime(repeats, call, clock = () => performance.now()) {
  const times = [];
  for (let n = 0; n < repeats; n++) {
    const started = clock();
    await call(n);
    times.push(clock() - started);
  }
  return times.sort((a, b) => a - b)[Math.floor(repeats / 2)];
}

/** The measuring code in one piece, as the page has it. */
async function bundled() {
  const entry = "latune-measures";
  const paths = ["index.ts", "golden.ts"].map((name) => fileURLToPath(new URL(name, MEASURES)));
  const source = paths.map((path) => `export * from ${JSON.stringify(path)};`);
  const plugin = {
    name: "entry",
    resolveId: (id) => (id === entry ? id : null),
    load: (id) => (id === entry ? source.join("\n") : null),
  };
  const options = { ssr: true, write: false, minify: false, rollupOptions: { input: entry } };
  const { output } = await build({ configFile: false, logLevel: "error", plugins: [plugin], build: options });
  return import(`data:text/javascript;base64,${Buffer.from(output[0].code).toString("base64")}`);
}
