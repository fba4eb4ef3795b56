// What was asked before, newest first.
import { byId, count, element, printable } from "./dom.js";
import { get } from "./server.js";

const LIMIT = 20;
let next = null;

function entry(solve) {
  const when = new Date(solve.created * 1000);
  const facts = [solve.strategy, count(solve.num_samples, "sample")];
  return element("li", {},
    element("a", { href: "#solve/" + encodeURIComponent(solve.id) }, printable(solve.question)),
    element("span", { class: "answer" }, solve.answer === null ? element("span", { class: "soft" }, "no answer") : printable(solve.answer)),
    element("span", { class: "soft" }, element("time", { datetime: when.toISOString() }, when.toLocaleString()), " · " + facts.join(" · ")));
}

async function load(before) {
  byId("older").hidden = true;
  try {
    const page = await get("/v1/solves?limit=" + LIMIT + (before ? "&before=" + encodeURIComponent(before) : ""));
    byId("solves").append(...page.solves.map(entry));
    next = page.next;
    byId("older").hidden = next === null;
    byId("history-note").textContent = byId("solves").children.length ? "" : "Nothing has been asked yet.";
  } catch (error) {
    byId("history-note").textContent = error.message;
  }
}

export async function showHistory() {
  byId("solves").replaceChildren();
  byId("history-note").textContent = "Loading";
  await load(null);
}

byId("older").addEventListener("click", async () => {
  const first = byId("solves").children.length;
  await load(next);
  const link = byId("solves").children[first];
  if (link) link.querySelector("a").focus();
});
