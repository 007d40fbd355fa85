/** What measures items, whatever they are. */

/** Runs a graph of the run by its name on `count` inputs, and gives its first output. */
export type RunGraph = (name: string, input: Float32Array, count: number) => Promise<Float32Array>;

/** Measures items. */
export interface Measurer {
  /** Values (count x attributes, as in the description) of items one behind the other; NaN where one has none. */
  measure(items: Uint8Array, count: number): Promise<Float64Array>;
}

/** Writes the attributes of one item. It may keep working space, so one call must end before the next begins. */
export type ItemFunction = (item: Uint8Array, target: Float64Array) => void;

/** A measurer that takes item after item. */
export function oneByOne(length: number, columns: number, one: ItemFunction): Measurer {
  return {
    async measure(items, count) {
      refuseOtherLength(items, count, length);
      const values = new Float64Array(count * columns);
      for (let n = 0; n < count; n++) {
        one(items.subarray(n * length, (n + 1) * length), values.subarray(n * columns, (n + 1) * columns));
      }
      return values;
    },
  };
}

/** Throws unless there are `count` items of a length. */
export function refuseOtherLength(items: Uint8Array, count: number, length: number): void {
  if (items.length === count * length) return;
  throw new Error(`Expected ${count} items of ${length} bytes, got ${items.length} bytes.`);
}
