// The answers as they come: a row each, with votes and summed score on one scale, and its solutions inside.
import { byId, count, decimal, element, printable } from "./dom.js";
import { rich } from "./mathematics.js";
import { solutions } from "./solutions.js";

// A row that is updated in place, so that an open one stays open and a focused one focused.
class Row {
  constructor(run, group) {
    this.run = run;
    this.group = group;
    this.answer = element("span", { class: "name" }, printable(group ? group.answer : "no answer"));
    this.votes = element("div", { class: "bar votes" });
    this.scores = element("div", { class: "bar scores" });
    this.numbers = element("span", { class: "numbers" });
    this.chip = element("span", { class: "chip good" }, "chosen");
    this.chip.hidden = true;
    this.node = element("details", { class: group ? "cluster" : "cluster none" },
      element("summary", {}, element("span", { class: "title" }, this.answer, " ", this.chip),
        element("span", { class: "bars", "aria-hidden": "true" }, this.votes, this.scores), " ", this.numbers));
    this.inside = null;
    this.node.addEventListener("toggle", () => this.fill());
  }

  get samples() {
    return this.group ? this.group.samples : this.run.unanswered;
  }

  update() {
    const { run, group } = this;
    const share = (value) => (100 * value) / Math.max(1, run.numSamples) + "%";
    this.votes.style.width = share(this.samples.length);
    this.scores.style.width = group ? share(run.sum(group)) : "0";
    this.scores.hidden = !run.hasScores || !group;
    const scores = group ? run.scores(group) : [];
    this.numbers.textContent = count(this.samples.length, "vote") +
      (scores.length ? " · score " + decimal(run.sum(group), 2) : "");
    if (!group) this.numbers.textContent = count(this.samples.length, "sample");
    this.chip.hidden = !group || run.chosen !== group;
    if (this.inside && run.isLive) this.inside.update();
  }

  fill() {
    if (!this.node.open || this.inside) return;
    this.inside = solutions(this.run, this.samples, this.explained);
    this.node.append(this.inside.node);
  }

  // The server's words on this answer; see POST /v1/explain.
  explain(group, formulas) {
    this.explained = { group, formulas };
    if (group) this.answer.replaceChildren(rich(group.answer, formulas));
    this.refresh();
  }

  // All is known: what is open is drawn again, with scores and marks.
  refresh() {
    if (!this.inside) return;
    this.inside.node.remove();
    this.inside = null;
    this.fill();
  }
}

export class Clusters {
  constructor(run) {
    this.run = run;
    this.rows = new Map();
    this.place = byId("clusters");
    this.place.replaceChildren();
  }

  update() {
    const nodes = this.run.ordered().map((group) => this.row(group.number, group).node);
    if (this.run.unanswered.length) nodes.push(this.row(null, null).node);
    for (const row of this.rows.values()) row.update();
    const focused = document.activeElement;
    nodes.forEach((node, i) => {
      if (this.place.children[i] !== node) this.place.insertBefore(node, this.place.children[i] || null);
    });
    if (focused && focused !== document.activeElement && this.place.contains(focused)) focused.focus();
    byId("legend").hidden = !this.run.hasScores;
  }

  row(number, group) {
    if (!this.rows.has(number)) this.rows.set(number, new Row(this.run, group));
    return this.rows.get(number);
  }

  explain(explained) {
    const groups = new Map(explained.clusters.map((group) => [group.cluster, group]));
    for (const [number, row] of this.rows) row.explain(groups.get(number) || null, explained.formulas);
  }

  refresh() {
    for (const row of this.rows.values()) row.refresh();
  }
}
