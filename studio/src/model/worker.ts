/** Entry of the worker in which all models of a page are computed. */

import type { FromWorker, ToWorker } from "./protocol";
import { Work } from "./work";

interface Scope {
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
  postMessage(message: FromWorker): void;
}

const scope = globalThis as unknown as Scope;
const work = new Work((message) => scope.postMessage(message));
scope.onmessage = (event) => work.receive(event.data);
