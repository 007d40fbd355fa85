/** The random numbers that break ties in thinning. */

// State and increment of NumPy's PCG64(42); its multiplier.
const STATE = 274674114334540486603088602300644985544n;
const INCREMENT = 332724090758049132448979897138935081983n;
const MULTIPLIER = 0x2360ed051fc65da44385df649fccf645n;
const WORD = (1n << 64n) - 1n;

/** The first `count` 64-bit numbers of the generator PCG64(42) as 32-bit numbers, the low half of each first. */
export function randomWords(count: number): Uint32Array {
  const words = new BigUint64Array(count);
  let state = STATE;
  for (let draw = 0; draw < count; draw++) {
    state = BigInt.asUintN(128, state * MULTIPLIER + INCREMENT);
    words[draw] = rotatedRight(((state >> 64n) ^ state) & WORD, state >> 122n);
  }
  const halves = new Uint32Array(2 * count);
  words.forEach((word, draw) => halves.set([Number(word & 0xffffffffn), Number(word >> 32n)], 2 * draw));
  return halves;
}

function rotatedRight(word: bigint, bits: bigint): bigint {
  return ((word >> bits) | (word << (64n - bits))) & WORD;
}
