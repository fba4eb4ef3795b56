// The chosen answer with what it rests on, and what the other strategies would have chosen.
import { byId, count, decimal, element, printable } from "./dom.js";
import { rich } from "./mathematics.js";

const percent = (share) => Math.round(100 * share) + "%";
const seconds = (s) => (s < 10 ? s.toFixed(1) : Math.round(s)) + " s";

const KINDS = {
  calibrated: "how often such answers were right on problems with known answers",
  "score share": "share of all samples that this answer holds, each weighed by its score; not a probability",
  "vote share": "share of all samples that gave this answer; not a probability",
};

function fact(term, value, note) {
  return element("div", {}, element("dt", {}, term), element("dd", {}, value, note ? element("small", {}, note) : ""));
}

// How far the chosen answer is ahead of the best of the others, in votes and in summed score.
function margin(run) {
  const chosen = run.chosen;
  if (!chosen) return null;
  const others = [...run.groups.values()].filter((group) => group !== chosen);
  const ahead = (measure) => measure(chosen) - Math.max(0, ...others.map(measure));
  const signed = (number, digits) => (number < 0 ? "−" : "+") + Math.abs(number).toFixed(digits);
  const votes = ahead(run.votes);
  return [signed(votes, 0) + (Math.abs(votes) === 1 ? " vote" : " votes"),
    (run.hasScores ? "summed score " + signed(ahead(run.sum), 2) + ", " : "") + (others.length ? "over the next answer" : "there is no other answer")];
}

function facts(run) {
  const { confidence, confidence_kind: kind, usage, timings } = run.result;
  const list = element("dl", { class: "facts" });
  const ahead = margin(run);
  if (confidence !== null) {
    list.append(fact(kind === "calibrated" ? "Confidence" : kind[0].toUpperCase() + kind.slice(1), percent(confidence), KINDS[kind]));
  }
  if (ahead) list.append(fact("Margin", ...ahead));
  const read = usage.evaluator_tokens ? usage.evaluator_tokens.toLocaleString("en") + " read by the evaluator" : "none read by an evaluator";
  list.append(fact("Tokens", usage.completion_tokens.toLocaleString("en"), "written in " + count(usage.num_samples, "sample") + "; " + read));
  const total = timings.generate_s + timings.score_s + timings.rerank_s;
  list.append(fact("Time", seconds(total), seconds(timings.generate_s) + " sampling, " + seconds(timings.score_s) + " judging"));
  return list;
}

export function showAnswer(run, explained) {
  const { result } = run;
  const group = explained && run.chosen && explained.clusters.find((one) => one.cluster === run.chosen.number);
  const card = element("div", { class: result.abstained ? "card held" : "card" });
  const value = element("p", { class: "value" });
  if (result.abstained) value.append("No answer");
  else value.append(group ? rich(group.answer, explained.formulas) : printable(result.answer));
  card.append(element("h2", { class: "kicker" }, result.abstained ? "No answer is given" : "Answer"), value);
  if (result.reason) card.append(element("p", { class: "reason" }, printable(result.reason)));
  card.append(facts(run));
  const models = [result.models.generator, result.models.evaluator].filter(Boolean).map(printable);
  card.append(element("p", { class: "made" }, "Chosen by ", element("code", {}, result.strategy), " · models: " + models.join(", "),
    ...(result.id ? [" · ", element("a", { href: "#solve/" + encodeURIComponent(result.id) }, "Permalink")] : [])));
  for (const note of result.notes) card.append(element("p", { class: "note" }, printable(note)));
  byId("answer").replaceChildren(card);
}

export function showStrategies(run, explained) {
  const rows = explained.strategies.map((row) => {
    const group = row.sample === null ? null : run.groups.get(run.candidates.get(row.sample).cluster);
    const same = group !== null && group === run.chosen;
    const used = row.name === run.result.strategy;
    const answer = group === null ? element("span", { class: "soft" }, row.needs_scores ? "no scores" : "no answer") : rich(row.answer, explained.formulas);
    return element("tr", used ? { class: "used" } : {},
      element("th", { scope: "row" }, row.label, ...(used ? [" ", element("span", { class: "chip good" }, "used")] : [])),
      element("td", { class: "soft wrap" }, row.meaning),
      element("td", { class: same || group === null ? "wrap" : "wrap differs" }, answer),
      element("td", { class: "number" }, group ? String(run.votes(group)) : ""),
      element("td", { class: "number" }, group && run.scores(group).length ? decimal(run.sum(group), 2) : ""),
      element("td", { class: "number" }, row.sample === null ? "" : String(row.sample)));
  });
  byId("strategy-rows").replaceChildren(...rows);
  byId("strategies").hidden = rows.length === 0;
  const unscored = [...run.candidates.values()].filter((c) => c.answer !== null && c.score === null).length;
  byId("strategies-note").textContent = run.hasScores && unscored
    ? count(unscored, "sample") + " with an answer had no bearing on the choice and no score; the other strategies choose among the rest." : "";
}
