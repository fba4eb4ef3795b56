// Asking, watching, and finding one's way between the views.
import { showAnswer, showStrategies } from "./answer.js";
import { Clusters } from "./clusters.js";
import { byId, count, printable } from "./dom.js";
import { showHistory } from "./history.js";
import { rich } from "./mathematics.js";
import "./reports.js";
import { Run, stored } from "./run.js";
import { Failure, events, get, post } from "./server.js";

const EXAMPLES = [
  "Gina has 25 loose muffins and 7 tins with 14 muffins in each tin. She gives 12 muffins to Mateo and gets 22 other muffins back. How many muffins does Gina have now?",
  "Anton starts with 34 robots. Then he finds 21 more. He gives Mei a fifth of the robots he has. If he puts the same number of robots into each of 11 crates, how many robots does each crate hold?",
  "Fiona buys 5 dozen plates that cost $2 each. There is a sale, and everything is 10% off. How many dollars does she spend?",
];
const NUMBERS = ["n", "temperature", "max_tokens", "k", "seed"];
const ANNOUNCE_MS = 1500; // between two sentences for a screen reader

let shown = null; // {run, clusters} of the result on the page
let working = null; // AbortController of the solve that runs
let frame = 0;
let announced = 0;
let later = 0;

function fail(error) {
  byId("problem").textContent = error instanceof Failure ? error.message : "Something went wrong in this page: " + error.message;
  byId("problem").hidden = false;
}

function sentence(run) {
  const num = run.candidates.size + run.numFailed;
  const drawn = num + " of " + count(run.settings.n, "sample");
  const [leader] = run.ordered();
  const leading = leader ? "; " + printable(leader.answer).slice(0, 80) + " leads with " + count(run.votes(leader), "vote") : "";
  if (run.phase === "sampling") return drawn + leading;
  if (run.phase === "judging") return "Judging " + count(run.candidates.size, "sample") + leading;
  if (run.phase === "cancelled") return "Cancelled after " + drawn + leading;
  if (run.phase === "failed") return "Stopped after " + drawn;
  const failed = run.numFailed ? ", " + count(run.numFailed, "sample") + " failed" : "";
  const early = ["decided", "settled"].includes(run.result.stopped) ? ", stopped early since more would not change the answer" : "";
  return "Done: " + count(run.candidates.size, "sample") + ", " + count(run.groups.size, "answer") + failed + early;
}

// Draws what has come, at most once a frame; the sentence changes less often while samples come.
function draw() {
  frame = 0;
  if (!shown) return;
  const { run, clusters } = shown;
  clusters.update();
  byId("clusters-section").hidden = run.groups.size + run.unanswered.length === 0;
  const num = run.candidates.size + run.numFailed;
  byId("bar").style.width = (run.isLive ? (100 * num) / run.settings.n : 100) + "%";
  byId("result").dataset.phase = run.phase;
  const wait_ms = announced + ANNOUNCE_MS - performance.now();
  clearTimeout(later);
  if (run.isLive && wait_ms > 0 && byId("status").textContent) {
    later = setTimeout(soon, wait_ms);
    return;
  }
  announced = performance.now();
  byId("status").textContent = sentence(run);
}

function soon() {
  frame = frame || requestAnimationFrame(draw);
}

function begin(run) {
  shown = { run, clusters: new Clusters(run) };
  for (const id of ["answer", "strategy-rows"]) byId(id).replaceChildren();
  for (const id of ["strategies", "problem"]) byId(id).hidden = true;
  byId("status").textContent = "";
  byId("asked").hidden = false;
  byId("asked").textContent = printable(run.question);
  byId("result").hidden = false;
  soon();
}

// Mathematics, reasons and strategies; the page stands without them.
async function explain(run) {
  const candidates = [...run.candidates.values()].map(({ sample, answer, score, cluster }) => ({ sample, answer, score, cluster }));
  try {
    const explained = await post("/v1/explain",
      { question: run.question, candidates, k: run.settings.k, top_n: run.settings.top_n });
    if (!shown || shown.run !== run) return;
    byId("asked").replaceChildren(rich(explained.question, explained.formulas));
    shown.clusters.explain(explained);
    if (!run.result) return;
    showAnswer(run, explained);
    showStrategies(run, explained);
  } catch (error) {
    if (shown && shown.run === run) shown.clusters.refresh();
    if (!(error instanceof Failure)) fail(error);
  }
}

function take(run, name, data) {
  if (name === "candidate") run.add(data);
  else if (name === "vote") run.phase = "judging";
  else if (name === "score") run.judge(data);
  else if (name === "error") throw new Failure(data.detail || data.title);
  else if (name === "done") {
    run.finish(data);
    history.replaceState(null, "", "#solve/" + encodeURIComponent(data.id));
    showAnswer(run, null);
  }
  soon();
}

async function solve(question, settings) {
  if (working) working.abort();
  const mine = new AbortController();
  working = mine;
  const run = new Run(question, settings);
  busy(true);
  begin(run);
  try {
    for await (const [name, data] of events("/v1/solve", { ...settings, question, stream: true }, mine.signal)) {
      if (working !== mine) return;
      take(run, name, data);
    }
    if (run.phase !== "done") throw new Failure("The connection to the server was lost.");
  } catch (error) {
    if (working !== mine) return;
    run.phase = error.name === "AbortError" ? "cancelled" : "failed";
    if (error.name !== "AbortError") fail(error);
  }
  working = null;
  busy(false);
  soon();
  if (run.candidates.size) await explain(run);
}

function busy(on) {
  const focused = document.activeElement;
  byId("solve").hidden = on;
  byId("cancel").hidden = !on;
  if (on && focused === byId("solve")) byId("cancel").focus();
  if (!on && focused === byId("cancel")) byId("solve").focus();
}

async function recall(id) {
  try {
    const run = stored(await get("/v1/solves/" + encodeURIComponent(id)));
    byId("question").value = run.question;
    begin(run);
    showAnswer(run, null);
    await explain(run);
  } catch (error) {
    byId("result").hidden = true;
    fail(error);
  }
}

function leave() {
  if (!working) return;
  working.abort();
  working = null;
  busy(false);
}

// The part of the address behind #: nothing, history, reports, or solve/ID.
async function route() {
  const [view, id] = location.hash.slice(1).split("/");
  const page = ["history", "reports"].includes(view) ? view : "ask";
  if (shown && id && shown.run.result && shown.run.result.id === decodeURIComponent(id)) return show(page, true);
  leave();
  shown = null;
  show(page, false);
  if (view === "history") await showHistory();
  if (view === "solve" && id) await recall(decodeURIComponent(id));
}

function show(page, hasResult) {
  for (const name of ["ask", "history", "reports"]) byId(name).hidden = name !== page;
  byId("problem").hidden = true;
  byId("result").hidden = !(page === "ask" && hasResult);
  for (const link of document.querySelectorAll("[data-view]")) {
    if (link.dataset.view === page) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = page === "ask" ? "Quorum" : byId(page + "-title").textContent + " – Quorum";
}

byId("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const fields = new FormData(byId("form"));
  const settings = Object.fromEntries(NUMBERS.map((name) => [name, Number(fields.get(name))]));
  if (fields.get("strategy")) settings.strategy = fields.get("strategy");
  const question = fields.get("question");
  if (question.trim()) solve(question, { ...settings, top_n: 8 });
});
byId("question").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) byId("form").requestSubmit();
});
byId("cancel").addEventListener("click", () => working && working.abort());
byId("example").addEventListener("click", () => {
  const next = (EXAMPLES.indexOf(byId("question").value) + 1) % EXAMPLES.length;
  byId("question").value = EXAMPLES[next];
  byId("question").focus();
});
byId("skip").addEventListener("click", (event) => {
  event.preventDefault();
  byId("main").focus();
});
addEventListener("hashchange", route);
route();
