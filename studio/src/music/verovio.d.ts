/** The parts of verovio that music uses; the package has no types of its own. */

declare module "verovio/wasm" {
  const createModule: (options?: object) => Promise<object>;
  export default createModule;
}

declare module "verovio/esm" {
  export class VerovioToolkit {
    constructor(module: object);
    setOptions(options: Record<string, unknown>): void;
    loadData(data: string): number;
    loadZipDataBuffer(data: ArrayBuffer): number;
    renderToSVG(page: number): string;
    renderToMIDI(): string;
    renderToTimemap(options?: Record<string, unknown>): { qstamp: number; measureOn?: string }[];
    getMEI(options?: Record<string, unknown>): string;
    getPageCount(): number;
    getLog(): string;
    destroy(): void;
  }
}
