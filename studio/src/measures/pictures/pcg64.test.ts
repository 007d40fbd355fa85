import { expect, test } from "vitest";
import { randomWords } from "./pcg64";

test("the words are those of NumPy's PCG64(42), low halves first", () => {
  // np.random.PCG64(42).random_raw(3)
  const expected = [14276969152011380360n, 8095878257575067585n, 15838336090824644132n];
  const words = randomWords(3);
  expect(expected.map((_, draw) => BigInt(words[2 * draw]) + (BigInt(words[2 * draw + 1]) << 32n))).toEqual(expected);
});
