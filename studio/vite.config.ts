/**
 * Two builds of one page: `vite build` writes a folder (`index.html` and `assets/`), `vite build --mode single` puts all
 * of it into `single.html`, which needs no other file and no network.
 */

import { defineConfig, type UserConfig } from "vite";

import { notices } from "./bundling/notices.ts";
import { localScripts, packFiles, singleFile } from "./bundling/singleFile.ts";

const PAGE = "../src/latune/studio/page";

export default defineConfig(({ mode }): UserConfig => (mode === "single" ? single() : folder()));

function folder(): UserConfig {
  return {
    base: "./",
    plugins: [notices()],
    build: { ...common(), outDir: PAGE, emptyOutDir: true, assetsInlineLimit: 0 },
    worker: { format: "es" },
  };
}

function single(): UserConfig {
  return {
    base: "./",
    publicDir: false,
    plugins: [notices(), localScripts(), packFiles(), singleFile()],
    // Not modules: browsers refuse module workers from blobs where the page itself was opened as a file.
    worker: { format: "iife", plugins: () => [localScripts(), packFiles(true)] },
    build: {
      ...common(),
      outDir: PAGE,
      emptyOutDir: false,
      cssCodeSplit: false,
      rolldownOptions: { output: { codeSplitting: false } },
    },
  };
}

function common(): UserConfig["build"] {
  return {
    target: "es2022",
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 9000, // kB: the score engraver is one lazily loaded module
    reportCompressedSize: false,
  };
}
