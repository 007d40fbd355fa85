// Starts the page of a single file. Every file of the page is in it as a `<script type="application/gzip" id="NAME">` that
// holds base64 of gzip. A file becomes an address when it is asked for, "eager" ones before the page starts. The content
// policy has to allow blob: (scripts, workers, fetch) and data: (scripts, for worklets).

const addresses = new Map();

async function unpack(name) {
  const element = document.getElementById(name);
  if (!element) throw new Error(`this page lacks its file "${name}"`);
  const packed = bytesOfBase64(element.textContent);
  element.textContent = ""; // the text is five times the size of what is kept
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const file = new Blob([await new Response(stream).arrayBuffer()], { type: element.dataset.type });
  return "worklet" in element.dataset ? dataAddress(file) : URL.createObjectURL(file);
}

function bytesOfBase64(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text); // browsers of 2025 and later
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

/** Browsers refuse worklets from blobs where the page itself was opened as a file. */
function dataAddress(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}

function address(name) {
  if (!addresses.has(name)) addresses.set(name, unpack(name));
  return addresses.get(name);
}

/** Addresses of eager files, at hand without waiting. */
const urls = {};
globalThis.latuneFiles = { address, urls };

const eager = [...document.querySelectorAll("script[data-eager]")].map((element) => element.id);
await Promise.all(eager.map(async (name) => { urls[name] = await address(name); }));
await import(await address("page.js"));
