// What is known about one solve, from its events or from the history.

export class Run {
  constructor(question, settings) {
    this.question = question;
    this.settings = settings; // n, k, top_n, ...
    this.candidates = new Map(); // by sample
    this.groups = new Map(); // by cluster number: {number, answer, samples}
    this.unanswered = []; // samples without an answer
    this.numFailed = 0;
    this.hasScores = false;
    this.result = null;
    this.phase = "sampling"; // judging, done, cancelled, failed
  }

  add(candidate) {
    if (candidate.finish_reason === "error") {
      this.numFailed += 1;
      return;
    }
    this.candidates.set(candidate.sample, { score: null, ...candidate });
    if (candidate.cluster === null) {
      this.unanswered.push(candidate.sample);
      return;
    }
    const group = this.groups.get(candidate.cluster);
    if (group) group.samples.push(candidate.sample);
    else this.groups.set(candidate.cluster,
      { number: candidate.cluster, answer: candidate.answer, samples: [candidate.sample] });
  }

  judge({ sample, score }) {
    const candidate = this.candidates.get(sample);
    if (!candidate || score === null) return;
    candidate.score = score;
    this.hasScores = true;
  }

  finish(result) {
    this.result = result;
    this.phase = "done";
    for (const { samples, answer } of result.clusters) {
      const first = this.candidates.get(samples[0]);
      if (first) this.groups.get(first.cluster).answer = answer;
    }
  }

  votes = (group) => group.samples.length;

  scores = (group) => group.samples.map((sample) => this.candidates.get(sample).score).filter((score) => score !== null);

  sum = (group) => this.scores(group).reduce((sum, score) => sum + score, 0);

  // Largest first; ties by summed score, then by the lowest sample, as the strategies do.
  ordered() {
    return [...this.groups.values()].sort((a, b) => this.votes(b) - this.votes(a) || this.sum(b) - this.sum(a) ||
      Math.min(...a.samples) - Math.min(...b.samples));
  }

  get chosen() {
    const sample = this.result && this.result.sample;
    return sample === null || sample === undefined ? null : this.groups.get(this.candidates.get(sample).cluster);
  }

  get isLive() {
    return this.phase === "sampling" || this.phase === "judging";
  }

  get numSamples() {
    return this.result ? this.candidates.size : this.settings.n;
  }

  // Candidates of one text each: as they came, or once all are there, best score first; what has none comes last.
  solutions(samples) {
    const candidates = samples.map((sample) => this.candidates.get(sample));
    if (this.isLive) return candidates.map((candidate) => [candidate]);
    const same = new Map();
    for (const candidate of candidates.sort((a, b) => (b.score ?? -1) - (a.score ?? -1) || a.sample - b.sample)) {
      if (same.has(candidate.generation)) same.get(candidate.generation).push(candidate);
      else same.set(candidate.generation, [candidate]);
    }
    return [...same.values()];
  }
}

// A solve as the history has it.
export function stored(solve) {
  const run = new Run(solve.question, solve.settings);
  const clusters = new Map(solve.result.clusters.flatMap(({ samples }, i) => samples.map((sample) => [sample, i])));
  for (const candidate of solve.candidates) run.add({ ...candidate, cluster: clusters.get(candidate.sample) ?? null });
  for (const candidate of solve.candidates) run.judge(candidate);
  run.numFailed = solve.result.num_failed;
  run.finish({ id: solve.id, ...solve.result });
  return run;
}
