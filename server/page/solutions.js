// The inside of an answer: why it is one answer, and its solutions, best score first.
import { count, decimal, element, printable } from "./dom.js";
import { rich } from "./mathematics.js";
import { post } from "./server.js";

const AT_ONCE = 32; // solutions that are drawn, and sent to be explained, at a time
const LONGEST = 32000; // characters that the server explains

function grouping({ group, formulas }) {
  const box = element("div", { class: "why" }, element("p", {}, group.reason));
  if (group.num_forms < 2) return box;
  const forms = group.forms.map(({ text, answer, count: times }) =>
    element("li", {}, element("code", {}, printable(text)),
      answer.some((segment) => typeof segment === "number") ? rich(answer, formulas) : "",
      element("span", { class: "soft" }, "× " + times)));
  const more = group.num_forms - group.forms.length;
  if (more > 0) forms.push(element("li", { class: "soft" }, "and " + more + " more"));
  box.append(element("ul", { class: "forms" }, ...forms));
  return box;
}

// One text, and the samples that all came out as it.
function solution(same, run) {
  const [candidate] = same;
  const text = element("div", { class: "text" }, printable(candidate.generation || ""));
  const chosen = run.result && same.some(({ sample }) => sample === run.result.sample);
  const listed = same.slice(0, 12).map(({ sample }) => sample).join(", ") + (same.length > 12 ? ", …" : "");
  const facts = [
    candidate.score === null ? "" : "score " + decimal(candidate.score, 3),
    same.length === 1 ? "sample " + listed : same.length + " times: samples " + listed,
    typeof candidate.num_tokens === "number" ? count(candidate.num_tokens, "token") : "",
    candidate.finish_reason === "length" ? "cut off at its longest" : "",
  ];
  const node = element("article", { class: "solution", "aria-label": "sample " + candidate.sample },
    element("p", { class: "facts" }, facts.filter(Boolean).join(" · "), " ", chosen ? element("span", { class: "chip good" }, "chosen") : ""), text);
  return { node, text, candidate };
}

async function mark(drawn) {
  const texts = drawn.filter(({ candidate }) => candidate.generation && candidate.generation.length <= LONGEST);
  const ask = texts.map(({ candidate: { sample, generation, answer } }) => ({ sample, generation, answer }));
  try {
    const explained = await post("/v1/explain", { texts: ask });
    explained.texts.forEach(({ segments }, i) => texts[i].text.replaceChildren(rich(segments, explained.formulas)));
  } catch {
    // The texts stand there already, unmarked.
  }
}

export function solutions(run, samples, explained) {
  const list = element("div", { class: "list" });
  const more = element("button", { type: "button" }, "Show more");
  const node = element("div", { class: "inside" });
  let shown = 0;
  if (explained && explained.group) node.append(grouping(explained));
  node.append(list, more);

  function draw(limit) {
    const all = run.solutions(samples);
    const drawn = all.slice(shown, limit).map((same) => solution(same, run));
    list.append(...drawn.map((one) => one.node));
    shown += drawn.length;
    more.hidden = shown >= all.length;
    more.textContent = "Show more (" + (all.length - shown) + ")";
    if (!run.isLive && drawn.length) mark(drawn);
  }

  const update = () => draw(Math.max(AT_ONCE, shown));

  more.addEventListener("click", () => {
    const first = shown;
    draw(shown + AT_ONCE);
    list.children[first].tabIndex = -1;
    list.children[first].focus();
  });

  update();
  return { node, update };
}
