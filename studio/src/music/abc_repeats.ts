/** Repeats and endings of ABC written out, which the engraver's reader of ABC does not do. */

interface Bar {
  text: string;
  repeatStart: boolean;
  repeatEnd: number; // how often the part that ends here is played; 0: no repeat ends
  endings: number[]; // passes in which it is played; empty: all
}

// Strings in quotes, decorations and fields in brackets are no bar lines.
const TOKEN = /"[^"]*"|![^!]*!|\[[A-Za-z]:[^\]]*\]|\[(?=[\d])|\[?[:|\]]*\|[:|\]]*|::+|[^"![|:]+|./gs;
const MOST = 2000;

/** The tune with every repeat written out; of several voices, or other things that cannot be followed, as it is. */
export function withoutRepeats(tune: string): string {
  const lines = tune.split("\n");
  const key = lines.findIndex((line) => /^K:/.test(line));
  if (key < 0 || /^(V|P):/m.test(tune) || /\[[VP]:/.test(tune)) return tune;
  const body = lines.slice(key + 1).filter((line) => line.trim() && !/^(%|[A-Za-z]:)/.test(line));
  const fields = lines.slice(key + 1).some((line) => /^[KMLQ]:/.test(line));
  if (fields) return tune; // a change would be repeated or lost
  const bars = barsOf(body.map((line) => line.replace(/%.*$/, "").replace(/\\\s*$/, "")).join(" "));
  if (!bars.some((bar) => bar.repeatEnd || bar.endings.length)) return tune;
  return [...lines.slice(0, key + 1), `${played(bars).join("|")}|`].join("\n");
}

function barsOf(text: string): Bar[] {
  const bars: Bar[] = [];
  let next: Bar = { text: "", repeatStart: false, repeatEnd: 0, endings: [] };
  let endings: number[] = [];
  const close = (line: string): void => {
    if (next.text.trim()) bars.push({ ...next, repeatEnd: timesOf(line) });
    else if (/^:/.test(line) && bars.length) bars[bars.length - 1].repeatEnd = timesOf(line);
    const ends = /^:/.test(line) || /\|\||\|\]|\[\|/.test(line);
    if (ends || /:$/.test(line)) endings = [];
    next = { text: "", repeatStart: /:$/.test(line), repeatEnd: 0, endings };
  };
  let atBar = true;
  for (const token of text.match(TOKEN) ?? []) {
    if (/^\[?[:|\]]*\|[:|\]]*$|^::+$/.test(token)) {
      close(token);
      atBar = true;
      continue;
    }
    const numbers = atBar ? /^\s*\[?(\d[\d,-]*)/.exec(token) : null;
    if (token === "[" && atBar) continue;
    atBar &&= !token.trim();
    if (!numbers) {
      next.text += token;
      continue;
    }
    endings = passes(numbers[1]);
    next.endings = endings;
    next.text += token.slice(numbers[0].length);
  }
  close("|");
  return bars;
}

/** How often the part before a bar line is played: ":|" and "::" twice, "::|" three times; 0 where no repeat ends. */
function timesOf(line: string): number {
  const colons = /^:*/.exec(line)![0].length;
  return line.includes("|") ? colons && colons + 1 : 2;
}

/** "1", "1,3" or "1-3" as numbers. */
function passes(text: string): number[] {
  return text.split(",").flatMap((part) => {
    const [from, to] = part.split("-").map(Number);
    return to > from ? Array.from({ length: to - from + 1 }, (_, index) => from + index) : from ? [from] : [];
  });
}

/** Texts of the bars in the order in which they are played. */
function played(bars: Bar[]): string[] {
  const order: string[] = [];
  let [start, current, turn] = [0, 0, 1];
  while (current < bars.length && order.length < MOST) {
    const bar = bars[current];
    if (bar.repeatStart && current !== start && !bar.endings.length) [start, turn] = [current, 1];
    if (bar.endings.length && !bar.endings.includes(turn)) {
      current++;
      continue;
    }
    order.push(bar.text);
    if (bar.repeatEnd > turn) {
      [current, turn] = [start, turn + 1];
      continue;
    }
    current++;
    const another = (bars[current]?.endings.length ?? 0) > 0;
    if ((bar.repeatEnd || bar.endings.length) && !another) [start, turn] = [current, 1];
  }
  return order;
}
