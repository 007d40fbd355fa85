/** A trained model in the page: opened from its files, asked through a worker. */

export { joinedBytes, parts } from "./arrays";
export { Engine, openEngine } from "./engine";
export { embeddedRuns, folderRuns } from "./files";
export { Genres } from "./genres";
export { setEngine, type EngineBinary } from "./graphs";
export { Host, type HostOptions } from "./host";
export { shownOf } from "./items";
export { Knob, Knobs } from "./knobs";
export { seeded } from "./random";
export { codeSource, type CodeSource } from "./sampling";
export { startHost } from "./start";
export type * from "./types";
