"use strict";
// Generated text reaches the document only as text nodes, and mathematics only as nodes of the tags and
// attributes below. Nothing here parses HTML.
(() => {
  const PAGE_SIZE = 20;
  const MATHML = "http://www.w3.org/1998/Math/MathML";
  const TAGS = new Set(("math mrow mi mn mo ms mtext mspace mfrac msqrt mroot mstyle msup msub msubsup mover " +
    "munder munderover mtable mtr mtd menclose mpadded mphantom merror").split(" "));
  const ATTRIBUTES = new Set(("accent accentunder columnalign columnlines columnspacing depth display " +
    "displaystyle fence form height linethickness lspace mathvariant maxsize minsize movablelimits notation " +
    "rowlines rowspacing rspace scriptlevel separator stretchy voffset width").split(" "));

  let data = null;
  let haystacks = null;
  const state = { query: "", filters: new Set(), sort: "order", page: 0 };
  const byId = (id) => document.getElementById(id);

  // A problem: {id, text, expected, num_samples, clusters: [[answer, votes, sum, max, isCorrect]],
  // samples: [[sample, cluster, score, model, text]] of the first ones, chosen: [cluster per strategy], unknown}
  const vote = (p) => p.chosen[data.strategies.indexOf("maj1")];
  const isRight = (p, cluster) => cluster !== null && p.clusters[cluster][4] === 1;
  // null is no choice: the strategy needs scores where there are none, or there is no answer.
  const disagree = (p) => new Set(p.chosen.filter((cluster) => cluster !== null)).size > 1;
  const numRight = (p) => p.clusters.reduce((sum, c) => sum + (c[4] ? c[1] : 0), 0);
  const FILTERS = [
    ["vote-wrong", "Vote wrong", (p) => p.graded && !isRight(p, vote(p))],
    ["disagree", "Strategies disagree", disagree],
    ["rescuable", "Vote wrong, answer there", (p) => p.graded && !isRight(p, vote(p)) && numRight(p) > 0],
    ["nothing", "Nothing extracted", (p) => p.clusters.length === 0],
    ["unknown", "Unknown equivalence", (p) => p.unknown > 0],
  ];
  const SORTS = [
    ["order", "id", () => 0],
    ["hard", "fewest correct samples", (p) => numRight(p) / Math.max(1, p.num_samples)],
    ["split", "most divided vote", (p) => (p.clusters.length ? p.clusters[0][1] : 0) / Math.max(1, p.num_samples)],
  ];

  function element(tag, attributes, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) node.setAttribute(name, value);
    node.append(...children);
    return node;
  }

  function mathml(tree) {
    const [tag, ...rest] = tree;
    if (!TAGS.has(tag)) return document.createTextNode("");
    const node = document.createElementNS(MATHML, tag);
    for (const part of rest) {
      if (typeof part === "string") node.append(part);
      else if (Array.isArray(part)) node.append(mathml(part));
      else for (const [name, value] of Object.entries(part)) if (ATTRIBUTES.has(name)) node.setAttribute(name, value);
    }
    return node;
  }

  function rich(segments) {
    const fragment = document.createDocumentFragment();
    for (const segment of segments || []) {
      if (typeof segment === "string") fragment.append(segment);
      else {
        const [latex, tree] = data.formulas[segment];
        const node = mathml(tree);
        node.setAttribute("aria-label", latex);
        fragment.append(node);
      }
    }
    return fragment;
  }

  const plain = (segments) => (segments || []).map((s) => (typeof s === "string" ? s : data.formulas[s][0])).join("");
  const number = (value, digits) => (value === null ? "–" : value.toFixed(digits));
  const chip = (text, kind) => element("span", { class: "chip " + (kind || "") }, text);

  function mark(p, cluster) {
    if (!p.graded) return "";
    const right = isRight(p, cluster);
    return element("span", { class: right ? "mark" : "mark bad" }, right ? "✓ correct" : "✗ incorrect");
  }

  function voteBar(p) {
    const bar = element("div", { class: "votes", role: "img" });
    const shares = p.clusters.map((c) => plain(c[0]) + ": " + c[1]).slice(0, 5).join(", ");
    bar.setAttribute("aria-label", "votes: " + (shares || "none"));
    for (const cluster of p.clusters) {
      const part = element("span", cluster[4] ? { class: "right" } : {});
      part.style.flex = "0 1 " + (100 * cluster[1]) / p.num_samples + "%";
      bar.append(part);
    }
    return bar;
  }

  function chips(p) {
    const row = element("div", { class: "chips" });
    if (p.graded) row.append(isRight(p, vote(p)) ? chip("vote right", "good") : chip("vote wrong", "bad"));
    if (disagree(p)) row.append(chip("disagree"));
    if (p.clusters.length === 0) row.append(chip("nothing extracted", "bad"));
    if (p.unknown) row.append(chip(p.unknown + " unknown"));
    return row;
  }

  function clusterTable(p) {
    const head = ["Answer", "Votes", ...(data.has_scores ? ["Score sum", "Best score"] : []), "", "Chosen by"];
    const table = element("table", {}, element("thead", {}, element("tr", {}, ...head.map((h) => element("th", { scope: "col" }, h)))));
    const body = element("tbody", {});
    p.clusters.forEach((cluster, i) => {
      const by = data.labels.filter((_, s) => p.chosen[s] === i).join(", ");
      body.append(element("tr", {},
        element("th", { scope: "row" }, rich(cluster[0])),
        element("td", {}, String(cluster[1])),
        ...(data.has_scores ? [element("td", {}, number(cluster[2], 2)), element("td", {}, number(cluster[3], 3))] : []),
        element("td", {}, mark(p, i)),
        element("td", { class: "chosen" }, by)));
    });
    table.append(body);
    return element("div", { class: "scroll" }, table);
  }

  function candidate(p, [sample, cluster, score, model, text]) {
    const answer = cluster === null
      ? element("span", { class: "soft" }, "no answer") : element("span", { class: "answer" }, rich(p.clusters[cluster][0]));
    const node = element("details", { class: "candidate" }, element("summary", {},
      element("span", { class: "soft" }, "sample " + sample), answer,
      element("span", { class: "soft" }, score === null ? "" : "score " + number(score, 3)),
      mark(p, cluster),
      ...(model === null || data.models.length < 2 ? [] : [element("span", { class: "soft" }, data.models[model])])));
    node.addEventListener("toggle", () => {
      if (!node.open || node.dataset.done) return;
      node.dataset.done = "1";
      node.append(text === null
        ? element("p", { class: "soft" }, "The text was not kept; the page holds texts up to a limit (--page-mb).")
        : element("div", { class: "text" }, rich(text)));
    });
    return node;
  }

  function inside(p) {
    const box = element("div", { class: "inside" });
    if (p.expected) box.append(element("h4", {}, "Expected answer"), element("div", {}, rich(p.expected)));
    box.append(element("h4", {}, "Answers"), p.clusters.length ? clusterTable(p) : element("p", {}, "No sample has an answer."));
    box.append(element("h4", {}, "Samples"));
    if (p.samples.length < p.num_samples) {
      box.append(element("p", { class: "soft" }, "The first " + p.samples.length + " of " + p.num_samples + " samples."));
    }
    box.append(...p.samples.map((s) => candidate(p, s)));
    return box;
  }

  function problem(p) {
    const snippet = element("div", { class: "snippet" }, rich(p.text));
    const node = element("details", { class: "problem" }, element("summary", {},
      element("div", { class: "id" }, p.id), snippet, element("div", { class: "side" }, voteBar(p), chips(p))));
    node.addEventListener("toggle", () => {
      if (node.open && !node.dataset.done) { node.dataset.done = "1"; node.append(inside(p)); }
    });
    return node;
  }

  function matching() {
    const words = state.query.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length && !haystacks) {
      haystacks = new Map(data.problems.map((p) =>
        [p, [p.id, plain(p.text), plain(p.expected), ...p.clusters.map((c) => plain(c[0]))].join(" \n ").toLowerCase()]));
    }
    const tests = FILTERS.filter(([name]) => state.filters.has(name)).map(([, , test]) => test);
    const kept = data.problems.filter((p) => tests.every((test) => test(p)) && words.every((w) => haystacks.get(p).includes(w)));
    const key = SORTS.find(([name]) => name === state.sort)[2];
    return state.sort === "order" ? kept : kept.map((p) => [key(p), p]).sort((a, b) => a[0] - b[0]).map(([, p]) => p);
  }

  function show() {
    const found = matching();
    const pages = Math.max(1, Math.ceil(found.length / PAGE_SIZE));
    state.page = Math.min(state.page, pages - 1);
    const start = state.page * PAGE_SIZE;
    byId("list").replaceChildren(...found.slice(start, start + PAGE_SIZE).map(problem));
    const all = data.problems.length + (data.problems.length === 1 ? " problem" : " problems");
    byId("count").textContent = found.length === data.problems.length ? all : found.length + " of " + all;
    const turn = (text, step, enabled) => {
      const button = element("button", { type: "button" }, text);
      button.disabled = !enabled;
      button.addEventListener("click", () => { state.page += step; show(); byId("problems").scrollIntoView(); });
      return button;
    };
    byId("pages").replaceChildren(turn("← Previous", -1, state.page > 0),
      "page " + (state.page + 1) + " of " + pages, turn("Next →", 1, state.page < pages - 1));
  }

  function start() {
    data = JSON.parse(byId("data").textContent);
    for (const [name, label, test] of FILTERS) {
      const count = data.problems.reduce((sum, p) => sum + (test(p) ? 1 : 0), 0);
      const button = element("button", { type: "button", "aria-pressed": "false", "data-filter": name }, label + " (" + count + ")");
      button.disabled = count === 0;
      button.addEventListener("click", () => {
        if (!state.filters.delete(name)) state.filters.add(name);
        button.setAttribute("aria-pressed", String(state.filters.has(name)));
        state.page = 0;
        show();
      });
      byId("filters").append(button);
    }
    for (const [name, label] of SORTS) byId("sort").append(element("option", { value: name }, label));
    byId("sort").addEventListener("change", (event) => { state.sort = event.target.value; state.page = 0; show(); });
    byId("search").addEventListener("input", (event) => { state.query = event.target.value; state.page = 0; show(); });
    byId("controls").addEventListener("submit", (event) => event.preventDefault());
    show();
  }

  // The numbers and figures are painted first; the list follows in the next task.
  setTimeout(start, 0);
})();
