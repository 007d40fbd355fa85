/** Vite plugins that put the whole page into one file. `unpack.js` is the other half: it runs in the browser. */

import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

import type { Plugin, Rolldown } from "vite";

const NEW_WORKER = /new Worker\(\s*new URL\(\s*(["'][^"']+["'])\s*,\s*import\.meta\.url\s*\)\s*(?:,\s*\{[^}]*\})?\s*,?\s*\)/g;
const NEW_URL = /new URL\(\s*(["']\.{1,2}\/[^"']+["'])\s*,\s*import\.meta\.url\s*\)(?:\.href)?/g;

/** Modules of several megabytes that are loaded on demand and export one async function. */
const LAZY_MODULES = ["verovio/wasm"];

const TYPES: Record<string, string> = { js: "text/javascript", mjs: "text/javascript", wasm: "application/wasm" };

/** Files packed by any of the builds (the page's own and those of its workers), by name. */
const packed = new Map<string, { path: string; eager: boolean }>();

/** `new Worker(new URL("./x.ts", import.meta.url))` becomes an inline worker, other such addresses packed files. */
export function localScripts(): Plugin {
  return {
    name: "latune:local-scripts",
    enforce: "pre",
    transform(code, id) {
      if (!/\.[jt]s$/.test(id) || id.includes("/node_modules/") || !code.includes("import.meta.url")) return null;
      const imports: string[] = [];
      const imported = (source: string, suffix: string): string => {
        const name = `latuneLocal${imports.length}`;
        imports.push(`import ${name} from ${JSON.stringify(source.slice(1, -1) + suffix)};`);
        return name;
      };
      const local = code
        .replace(NEW_WORKER, (_, source: string) => `new ${imported(source, "?worker&inline")}({ name: JSON.stringify(globalThis.latuneFiles.urls) })`)
        .replace(NEW_URL, (_, source: string) => imported(source, "?url"));
      return imports.length ? { code: `${imports.join("\n")}\n${local}`, map: null } : null;
    },
  };
}

/** `import url from "FILE?url"` becomes the blob address of a packed file; modules of LAZY_MODULES are packed, too. */
export function packFiles(inWorker = false): Plugin {
  // A worker learns the addresses from its name, which the page gives it.
  const urls = inWorker ? "JSON.parse(self.name)" : "globalThis.latuneFiles.urls";
  return {
    name: "latune:pack-files",
    enforce: "pre",
    async resolveId(source, importer) {
      const lazy = LAZY_MODULES.includes(source);
      if (lazy && inWorker) this.error(`"${source}" is loaded by the page, not by a worker`);
      if (!lazy && !source.endsWith("?url")) return null;
      const found = await this.resolve(source.replace(/\?url$/, ""), importer, { skipSelf: true });
      if (!found) this.error(`"${source}" is not there`);
      const path = found.id.split("?")[0];
      const name = basename(path);
      const other = packed.get(name);
      if (other && other.path !== path) this.error(`two packed files are called "${name}": ${other.path}, ${path}`);
      packed.set(name, { path, eager: !lazy || (other?.eager ?? false) });
      return `\0${lazy ? "lazy" : "packed"}:${name}`;
    },
    load(id) {
      const [kind, name] = id.split(":");
      const quoted = JSON.stringify(name);
      if (kind === "\0packed") return `export default ${urls}[${quoted}];`;
      if (kind !== "\0lazy") return null;
      const load = `globalThis.latuneFiles.address(${quoted}).then((url) => import(/* @vite-ignore */ url))`;
      return `export default (...options) => ${load}.then((module) => module.default(...options));`;
    },
    transform(code, id) {
      // The engine is handed its binary; a second copy as a data address would be all there is to this reference.
      if (!id.includes("/onnxruntime-web/")) return null;
      const plain = code.replaceAll(/new URL\("([\w.-]+\.wasm)",\s*import\.meta\.url\)/g, 'new URL("$1", self.location.href)');
      return plain === code ? null : { code: plain, map: null };
    },
  };
}

/** Packs the built page and every file it needs into `single.html`, the only file that is written. */
export function singleFile(): Plugin {
  return {
    name: "latune:single-file",
    enforce: "post",
    generateBundle: {
      order: "post",
      handler(_, bundle) {
        const html = taken(bundle, "index.html");
        const scripts = Object.values(bundle).filter((file) => file.type === "chunk");
        if (scripts.length !== 1) this.error(`one script was expected, got ${scripts.length}`);
        const styles = Object.values(bundle).filter((file) => file.fileName.endsWith(".css"));
        const rest = Object.values(bundle).filter((file) => !scripts.includes(file as Rolldown.OutputChunk) && !styles.includes(file));
        const unexpected = rest.filter((file) => file.fileName !== html.fileName && !file.fileName.endsWith(".map"));
        if (unexpected.length) this.error(`not packed: ${unexpected.map((file) => file.fileName).join(", ")}`);
        const page = written(String(html.source), styles.map(text).join("\n"), scripts[0].code);
        for (const name of Object.keys(bundle)) delete bundle[name];
        this.emitFile({ type: "asset", fileName: "single.html", source: page });
      },
    },
  };
}

function taken(bundle: Rolldown.OutputBundle, name: string): Rolldown.OutputAsset {
  const file = bundle[name];
  if (file?.type !== "asset") throw new Error(`the build has no ${name}`);
  return file;
}

function text(file: Rolldown.OutputAsset | Rolldown.OutputChunk): string {
  return file.type === "chunk" ? file.code : String(file.source);
}

/** The page's HTML with styles and packed files in it. Its own references to scripts and styles are taken out. */
function written(html: string, styles: string, script: string): string {
  const bare = html
    .replace(/\s*<script type="module"[^>]*\ssrc="[^"]*"[^>]*><\/script>/g, "")
    .replace(/\s*<link rel="(?:stylesheet|modulepreload)"[^>]*>/g, "");
  const unpack = readFileSync(fileURLToPath(new URL("unpack.js", import.meta.url)), "utf8");
  const files = [...packed].map(([name, { path, eager }]) => block(name, readFileSync(path), eager));
  const body = [
    bare.includes('id="latune-runs"') ? "" : '<script id="latune-runs" type="application/json"></script>',
    ...files,
    block("page.js", Buffer.from(script), false),
    `<script type="module">\n${unpack}</script>`,
  ];
  // Functions, because a "$" in a replacement text would be read as a group.
  return bare
    .replace("</head>", () => `<style>\n${styles}</style>\n</head>`)
    .replace("</body>", () => `${body.filter(Boolean).join("\n")}\n</body>`);
}

function block(name: string, content: Uint8Array, eager: boolean): string {
  const type = TYPES[name.split(".").pop() ?? ""] ?? "application/octet-stream";
  const base64 = gzipSync(content, { level: 9 }).toString("base64");
  // A script that is packed with its address at hand is one for a worklet: all others are imported.
  const marks = (eager ? " data-eager" : "") + (eager && type === "text/javascript" ? " data-worklet" : "");
  return `<script type="application/gzip" id="${name}" data-type="${type}"${marks}>${base64}</script>`;
}
