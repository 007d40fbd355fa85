/** What Python measured of items, for tests. */

import { bytesOfBase64 } from "../model/base64";
import type { CodecData, Description } from "../model/types";

/** A case as studio/scripts/measures_golden.py writes it. */
export interface PackedCase {
  name: string;
  codec: object;
  attributes: string[];
  count: number;
  bits: boolean;
  items: string;
  values: string;
  similarity: string;
  empty: string;
}

/** A case with its arrays. */
export interface GoldenCase {
  description: Description;
  items: Uint8Array;
  values: Float64Array; // count x attributes
  similarity: Float64Array; // to the next item
  empty: boolean[];
}

/** The arrays of a case. */
export async function unpacked(packed: PackedCase): Promise<GoldenCase> {
  const columns = packed.attributes.length;
  const values = await numbers(packed.values);
  const items = await unzipped(packed.items);
  return {
    description: descriptionOf(packed.codec, packed.attributes),
    items: packed.bits ? unpackedBits(items) : items,
    values: values.map((_, place) => values[(place % columns) * packed.count + Math.floor(place / columns)]),
    similarity: await numbers(packed.similarity),
    empty: Array.from(await unzipped(packed.empty), (one) => one === 1),
  };
}

/** What of a run's description measuring needs. */
export function descriptionOf(codec: object, names: string[], graphs: Description["graphs"] = {}): Description {
  const attributes = names.map((name) => ({ name }));
  return { codec: codec as CodecData, attributes, graphs } as unknown as Description;
}

/** float64 numbers whose first bytes come first, then all second bytes, and so on. */
async function numbers(packed: string): Promise<Float64Array> {
  const planes = await unzipped(packed);
  const count = planes.length / 8;
  return new Float64Array(planes.map((_, place) => planes[(place % 8) * count + Math.floor(place / 8)]).buffer);
}

async function unzipped(packed: string): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytesOfBase64(packed)]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function unpackedBits(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from({ length: 8 * bytes.length }, (_, place) => (bytes[place >> 3] >> (7 - (place & 7))) & 1);
}
