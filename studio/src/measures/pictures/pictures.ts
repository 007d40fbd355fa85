/** Measuring pictures, in the way that the codec names. */

import type { Description, PictureCodecData } from "../../model/types";
import { oneByOne, refuseOtherLength, type Measurer, type RunGraph } from "../measurer";
import { morphologyFunction } from "./morphology";
import { spriteFunction } from "./sprite_matching";

/** Bytes of one picture. */
export function pictureLength(codec: PictureCodecData): number {
  return codec.item_shape.reduce((product, size) => product * size, 1);
}

/** A measurer of pictures: by definition, by matching, or by the graph `measure`; NaN where there is none of these. */
export function pictureMeasurer(description: Description, codec: PictureCodecData, runGraph: RunGraph): Measurer {
  const names = description.attributes.map((attribute) => attribute.name);
  const [length, [, height, width]] = [pictureLength(codec), codec.item_shape];
  switch (codec.measurement) {
    case "morphology":
      return oneByOne(length, names.length, morphologyFunction(height, width, names));
    case "sprites":
      return oneByOne(length, names.length, spriteFunction(height, width, names));
    default:
      return readingMeasurer(description, names, length, codec.levels, runGraph);
  }
}

/** A measurer that asks the run's reader, a network, for what it says of the stored brightness. */
function readingMeasurer(
  description: Description,
  names: string[],
  length: number,
  levels: number,
  runGraph: RunGraph,
): Measurer {
  const columns = description.graphs.measure?.outputs[0].columns ?? [];
  const wanted = names.map((name) => columns.indexOf(name));
  return {
    async measure(items, count) {
      refuseOtherLength(items, count, length);
      const values = new Float64Array(count * names.length).fill(NaN);
      if (columns.length === 0 || count === 0) return values;
      const read = await runGraph("measure", Float32Array.from(items, (level) => level / levels), count);
      for (let n = 0; n < count; n++) {
        wanted.forEach((place, column) => {
          if (place >= 0) values[n * names.length + column] = read[n * columns.length + place];
        });
      }
      return values;
    },
  };
}
