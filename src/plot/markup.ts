/** SVG elements as strings, with every text and attribute escaped. */

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

// Characters that XML 1.0 cannot carry, not even escaped, would make the whole file unreadable.
const unspeakable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

export function escapeText(text: string): string {
  return text.replace(unspeakable, '\ufffd').replace(/[&<>"']/g, (char) => entities[char]);
}

/** Hundredths of a unit are finer than any screen; `-0` would differ from `0` between equal figures. */
export function num(value: number): string {
  const rounded = Math.round(value * 100) / 100;
  return String(rounded === 0 ? 0 : rounded);
}

export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** Children may come as lists, for those of a large figure are more than a call has arguments. */
export function element(name: string, attributes: Attributes, ...children: readonly (string | readonly string[])[]): string {
  let open = `<${name}`;
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined) open += ` ${key}="${typeof value === 'number' ? num(value) : escapeText(value)}"`;
  }
  return children.length === 0 ? `${open}/>` : `${open}>${children.map((child) => (typeof child === 'string' ? child : child.join(''))).join('')}</${name}>`;
}
