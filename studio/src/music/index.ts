/** Music on the page: the element `<latune-music>`, and reading and writing files of music. */

import "./music.css";
import "./views/music_view";

export { fileOf } from "./downloads";
export { itemsOfMusic, layoutOf, musicOfItems } from "./items";
export type { Layout, Setting } from "./items";
export { midiOf } from "./midi_writing";
export type { Music, Note, Voice } from "./music";
export { musicXmlOf } from "./musicxml";
export { readMusic, READABLE_MUSIC } from "./reading";
export type { ReadMusic } from "./reading";
export { MusicView } from "./views/music_view";
