// Building the document. Text from models and people reaches it as text nodes only; nothing here parses HTML.

export const byId = (id) => document.getElementById(id);

export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return node;
}

export const count = (number, noun) => number.toLocaleString("en") + " " + noun + (number === 1 ? "" : "s");

export const decimal = (number, digits) => (number === null || number === undefined ? "–" : number.toFixed(digits));

// A control character, as of a terminal's colours, becomes its picture; so do marks that turn the order of writing.
export function printable(text) {
  return text
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, (c) => String.fromCharCode(0x2400 + c.charCodeAt(0)))
    .replace(/[\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, "\ufffd");
}
