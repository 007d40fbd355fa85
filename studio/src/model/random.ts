/** Random numbers by seed: the same on every machine. They are not those of NumPy: samples agree in distribution. */

/** Uniform numbers from 0 to below 1. */
export type Random = () => number;

/** A generator of uniform numbers ("small fast counter", 128 bits of state), by seed. */
export function seeded(seed: number): Random {
  let [a, b, c, counter] = [seed | 0, Math.floor(seed / 2 ** 32) | 0, 0x9e3779b9 | 0, 1];
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  for (let i = 0; i < 16; i++) next(); // seeds that lie side by side part company
  return () => (next() * 2 ** 21 + (next() >>> 11)) / 2 ** 53;
}

/** Standard normal numbers, so many (Box and Muller). */
export function normals(random: Random, count: number): Float64Array {
  const drawn = new Float64Array(count);
  for (let i = 0; i < count; i += 2) {
    const length = Math.sqrt(-2 * Math.log(1 - random()));
    const angle = 2 * Math.PI * random();
    drawn[i] = length * Math.cos(angle);
    if (i + 1 < count) drawn[i + 1] = length * Math.sin(angle);
  }
  return drawn;
}
