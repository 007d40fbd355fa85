/** Arrays of several items or codes, one behind the other. */

/** An array in pieces of one length, each with its own memory. */
export function parts<T extends Uint8Array | Float32Array | Float64Array>(all: T, length: number): T[] {
  return Array.from({ length: all.length / length }, (_, n) => all.slice(n * length, (n + 1) * length) as T);
}

/** One array of several codes. */
export function joined(codes: Float32Array[], length: number): Float32Array {
  const all = new Float32Array(codes.length * length);
  codes.forEach((code, n) => all.set(code, n * length));
  return all;
}

/** One array of several arrays of bytes. */
export function joinedBytes(pieces: Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  pieces.reduce((start, piece) => (all.set(piece, start), start + piece.length), 0);
  return all;
}
