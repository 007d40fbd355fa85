/** What a session's result is as music. */

import type { Session, SessionResult } from "../session/types";
import { changedMeasures, compare, type Compared } from "./compare";
import { layoutOf, musicOfItems, type Layout, type Setting } from "./items";
import type { Music } from "./music";
import { fifthsOf } from "./musicxml";
import { uploads } from "./reading";

/** Both versions of what a session is about. */
export interface Content {
  layout: Layout;
  original: Music;
  edited: Music;
  compared: Compared[];
  changed: Set<number>; // measures
  items: number;
}

/** The music of a result; the edited version is spelled in the key of the original. */
export function contentOf(session: Session, result: SessionResult): Content {
  const layout = layoutOf(session.model.description);
  const setting = settingOf(session);
  const original = musicOfItems(result.originals, layout, setting);
  const fifths = layout.measure ? fifthsOf(original) : null;
  const edited = musicOfItems(result.edited.map((one) => one.item), layout, { ...setting, fifths });
  const compared = compare(original, edited);
  const changed = changedMeasures(compared, layout.metre.length);
  return { layout, original: { ...original, fifths }, edited, compared, changed, items: result.edited.length };
}

/** Title, tempo and programs of what is loaded, as far as they are known. */
function settingOf(session: Session): Setting {
  const { origin } = session.state;
  const { gallery } = session.model.studio;
  if (origin.kind === "upload") {
    const upload = uploads.get(origin.name);
    return { title: upload?.title ?? origin.name.replace(/\.[^.]*$/, ""), tempo: upload?.tempo ?? undefined, programs: upload?.programs ?? undefined };
  }
  if (origin.kind !== "gallery") return { title: origin.kind === "random" ? `Random ${origin.seed}` : "Drawing" };
  const tune = gallery.tunes.find(({ start, count }) => start === origin.index && count === origin.count);
  return { title: tune?.title ?? gallery.names[origin.index] ?? "" };
}
