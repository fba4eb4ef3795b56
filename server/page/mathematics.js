// Texts with mathematics, as the server splits them: strings, numbers of formulas, and {mark: [...]} for the answer.
// A formula is [LaTeX, tree]; a tree is [tag, {attribute: value}, text or tree, ...]. Only these tags and attributes
// are ever built.
import { element, printable } from "./dom.js";

const MATHML = "http://www.w3.org/1998/Math/MathML";
const TAGS = new Set(("math mrow mi mn mo ms mtext mspace mfrac msqrt mroot mstyle msup msub msubsup mover " +
  "munder munderover mtable mtr mtd menclose mpadded mphantom merror").split(" "));
const ATTRIBUTES = new Set(("accent accentunder columnalign columnlines columnspacing depth display " +
  "displaystyle fence form height linethickness lspace mathvariant maxsize minsize movablelimits notation " +
  "rowlines rowspacing rspace scriptlevel separator stretchy voffset width").split(" "));

function mathml(tree) {
  const [tag, ...rest] = tree;
  if (!TAGS.has(tag)) return document.createTextNode("");
  const node = document.createElementNS(MATHML, tag);
  for (const part of rest) {
    if (typeof part === "string") node.append(printable(part));
    else if (Array.isArray(part)) node.append(mathml(part));
    else for (const [name, value] of Object.entries(part)) if (ATTRIBUTES.has(name)) node.setAttribute(name, value);
  }
  return node;
}

export function rich(segments, formulas) {
  const fragment = document.createDocumentFragment();
  for (const segment of segments) {
    if (typeof segment === "string") fragment.append(printable(segment));
    else if (typeof segment === "number") {
      const [latex, tree] = formulas[segment];
      const node = mathml(tree);
      node.setAttribute("aria-label", printable(latex));
      fragment.append(node);
    } else {
      const mark = element("mark", { title: "the extracted answer" });
      mark.append(rich(segment.mark, formulas));
      fragment.append(mark);
    }
  }
  return fragment;
}
