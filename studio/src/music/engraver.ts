/** The score engraver verovio, loaded when it is first needed. */

import type { VerovioToolkit } from "verovio/esm";

let loading: Promise<() => VerovioToolkit> | null = null;

/** A toolkit of its own for whoever asks. Throws where the engine cannot start. */
export async function newToolkit(): Promise<VerovioToolkit> {
  loading ??= load();
  try {
    return (await loading)();
  } catch (error) {
    loading = null; // so that the next call tries again
    throw error;
  }
}

async function load(): Promise<() => VerovioToolkit> {
  const [{ default: createModule }, { VerovioToolkit }] = await Promise.all([import("verovio/wasm"), import("verovio/esm")]);
  const module = await createModule();
  return () => new VerovioToolkit(module);
}

let engraver: Promise<VerovioToolkit> | null = null;

/** A MusicXML document as SVG, one page as high as it needs to be. `width` in CSS pixels, `scale` in percent. */
export async function engrave(document: string, width: number, scale: number): Promise<string> {
  engraver ??= newToolkit();
  const toolkit = await engraver.catch((error: unknown) => {
    engraver = null;
    throw error;
  });
  toolkit.setOptions({
    inputFrom: "musicxml",
    pageWidth: Math.max(100, Math.floor((width * 100) / scale)),
    pageHeight: 60000,
    pageMarginLeft: 10,
    pageMarginRight: 10,
    pageMarginTop: 60,
    pageMarginBottom: 20,
    adjustPageHeight: true,
    scale,
    breaks: "auto",
    header: "none",
    footer: "none",
    mnumInterval: 1,
    smuflTextFont: "none", // no font from a data address
    svgRemoveXlink: true,
    spacingSystem: 5,
    spacingStaff: 7,
  });
  if (!toolkit.loadData(document)) throw new Error("The score cannot be engraved.");
  return toolkit.renderToSVG(1);
}
