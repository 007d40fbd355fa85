/** Vite plugin: `virtual:notices` says which software of others is in the page, under which licences. */

import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import type { Plugin } from "vite";

export interface Notice {
  name: string;
  version: string;
  licence: string;
  address: string; // of its sources
  text: string; // of its licence, as the package has it; empty where it has none
}

const MODULES = fileURLToPath(new URL("../node_modules/", import.meta.url));
const NAME = "virtual:notices";

/** Packages in the page: what `package.json` asks for and what that brings along into the page. */
const BROUGHT = ["@lit/reactive-element", "lit-element", "lit-html", "midi-file", "array-flatten", "stb-vorbis", "onnxruntime-common"];

export function notices(): Plugin {
  return {
    name: "latune:notices",
    resolveId: (source) => (source === NAME ? `\0${NAME}` : null),
    load: (id) => (id === `\0${NAME}` ? `export default ${JSON.stringify(all())};` : null),
  };
}

function all(): Notice[] {
  const own = JSON.parse(readFileSync(join(MODULES, "..", "package.json"), "utf8")) as { dependencies: Record<string, string> };
  return [...Object.keys(own.dependencies), ...BROUGHT].sort().map(notice);
}

function notice(name: string): Notice {
  const folder = join(MODULES, name);
  const { version, license, repository, homepage } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((each) => /^(licen[cs]e|copying)/i.test(each));
  const text = file && existsSync(join(folder, file)) ? readFileSync(join(folder, file), "utf8").trim() : "";
  const found = String(typeof repository === "string" ? repository : (repository?.url ?? homepage ?? ""));
  const address = found.replace(/^git\+/, "").replace(/^(git|ssh):\/\/(git@)?/, "https://").replace(/\.git$/, "").replace(/^github:/, "");
  return { name, version, licence: license ?? "see its sources", address: /^[\w-]+\/[\w.-]+$/.test(address) ? `https://github.com/${address}` : address, text };
}
