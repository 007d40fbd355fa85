/** Attributes of items, measured in the page as `codec.measure` measures them in Python. No DOM: workers import it. */

import type { Description } from "../model/types";
import { lengthOf } from "./comparer";
import { oneByOne, type ItemFunction, type Measurer, type RunGraph } from "./measurer";
import { dmelodyFunction } from "./music/dmelodies";
import { measureFunction, phraseFunction } from "./music/measures";
import { songFunction } from "./music/songs";
import { pictureMeasurer } from "./pictures/pictures";

export { comparerOf, type Comparer } from "./comparer";
export type { Measurer, RunGraph } from "./measurer";

/**
 * What measures a run's items. Values are NaN where an item has none (the orientation of a circle), and for attributes
 * that only Python can measure (those of plugins, labels without a reader).
 *
 * `runGraph` runs a graph of the run on `count` inputs and gives its first output; pictures that a reader measures need
 * it.
 */
export function measurerOf(description: Description, runGraph: RunGraph): Measurer {
  const { codec } = description;
  if (codec.kind === "picture") return pictureMeasurer(description, codec, runGraph);
  const names = description.attributes.map((attribute) => attribute.name);
  return oneByOne(lengthOf(codec), names.length, functionOf(codec, names));
}

function functionOf(codec: Exclude<Description["codec"], { kind: "picture" }>, names: string[]): ItemFunction {
  switch (codec.kind) {
    case "measure":
      return measureFunction(codec, names);
    case "phrase":
      return phraseFunction(codec, names);
    case "song":
      return songFunction(names);
    case "dmelody":
      return dmelodyFunction(names);
  }
}
