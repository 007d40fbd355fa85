/** A small tree of XML elements, written with two spaces of indent. */

/** An element: its tag, attributes, and either text or children. */
export class Element {
  private children: Element[] = [];
  private text: string | null = null;

  constructor(
    private tag: string,
    private attributes: Record<string, string | number> = {},
  ) {}

  /** Append a child and return it. */
  add(tag: string, text: string | number | null = null, attributes: Record<string, string | number> = {}): Element {
    const child = new Element(tag, attributes);
    child.text = text === null ? null : String(text);
    this.children.push(child);
    return child;
  }

  /** The element as text. */
  toString(indent = ""): string {
    const attributes = Object.entries(this.attributes).map(([name, value]) => ` ${name}="${escaped(String(value))}"`).join("");
    const open = `${indent}<${this.tag}${attributes}`;
    if (this.children.length) {
      const inner = this.children.map((child) => child.toString(`${indent}  `)).join("\n");
      return `${open}>\n${inner}\n${indent}</${this.tag}>`;
    }
    return this.text ? `${open}>${escaped(this.text)}</${this.tag}>` : `${open} />`;
  }
}

const NOT_IN_XML = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;

function escaped(text: string): string {
  return text.replace(NOT_IN_XML, "").replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");
}
