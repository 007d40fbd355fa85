import { expect, test } from "vitest";
import { linkOf, readLink } from "./link";
import { freshState } from "./state";
import type { State } from "./types";

const state: State = {
  ...freshState("digits-2", { kind: "gallery", index: 12, count: 3 }, 3),
  targets: [{ slant: 0.4, "note density": 2 }, { slant: 0.4 }, { slant: 0.4, "note density": -1.5 }],
  held: ["width", "a,b"],
  moves: ["right", "next shape"],
  genre: "bossa nova",
  second: { kind: "random", seed: 7 },
  share: 0.25,
  exact: true,
};

test("a link is readable, and says all of a state", () => {
  const link = linkOf(state);
  expect(link).toBe(
    "v=1&run=digits-2&item=gallery.12.3&k.slant=0.4&k.note+density=2;;-1.5&hold=width,a%2Cb" +
      "&move=right,next+shape&genre=bossa+nova&with=random.7&share=0.25&exact=1",
  );
  const linked = readLink(`#${link}`);
  expect(linked).toEqual({
    run: "digits-2",
    origin: { kind: "gallery", index: 12, count: 3 },
    knobs: { slant: [0.4], "note density": [2, null, -1.5] },
    held: ["width", "a,b"],
    moves: ["right", "next shape"],
    genre: "bossa nova",
    second: { kind: "random", seed: 7 },
    share: 0.25,
    exact: true,
    damages: [],
  });
});

test.each([
  { kind: "random", seed: 3, count: 4 },
  { kind: "upload", name: "my tune.v2.mid" },
  { kind: "drawing" },
  { kind: "gallery", index: 0, count: 1 },
] as const)("an origin comes back: %o", (origin) => {
  expect(readLink(linkOf(freshState("a", origin, 1))).origin).toEqual(origin);
});

test("a fresh state has a short link", () => {
  expect(linkOf(freshState("a", { kind: "gallery", index: 5, count: 1 }, 1))).toBe("v=1&run=a&item=gallery.5");
});

test("damaged parts are named and left out, the rest is read", () => {
  const linked = readLink("v=1&run=a&item=gallery.x&k.slant=steep&k.width=3&share=7&colour=red&hold=%E0%A4&exact=1");
  expect(linked.damages).toEqual(["item", "k.slant", "share", "colour", "hold"]);
  expect([linked.run, linked.knobs, linked.exact]).toEqual(["a", { width: [3] }, true]);
});

test.each([
  ["nonsense", "This link is damaged: it does not begin with v=1."],
  ["v=9&run=a", "This link has the form 9: expected 1."],
])("what is no link of ours is told: %s", (link, sentence) => {
  expect(() => readLink(link)).toThrow(sentence);
});
