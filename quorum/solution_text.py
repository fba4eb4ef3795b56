"""A solution for a reader: the clusters as a small table, the answer, how sure it is and what it cost."""

import textwrap

from quorum.terminal import inert
from rerank.clusters import Cluster
from rerank.solution import Sampled, Solution
from rerank.strategies import STRATEGIES

MOST_CLUSTERS = 8
ANSWER_WIDTH = 28


def sample_line(event: Sampled) -> str:
    """A sample as it comes: index, answer, tokens."""
    candidate = event.candidate
    if event.finish_reason == "error":
        return f"  sample {candidate.sample:>3}  failed: {event.error}"
    cut = ", cut off" if event.finish_reason == "length" else ""
    answer = f"{_answer(candidate.answer):<{ANSWER_WIDTH}}"
    return f"  sample {candidate.sample:>3}  {answer}  {candidate.num_tokens} tokens{cut}"


def solution_text(solution: Solution, *, k: int) -> str:
    """The whole of it; no character steers a terminal."""
    parts = [_table(solution)] if solution.clusters else []
    parts += [_outcome(solution), _why(solution, k=k), _cost(solution)]
    parts += [textwrap.fill(f"Note: {note}", 100) for note in solution.notes]
    return inert("\n\n".join(part for part in parts if part))


def _table(solution: Solution) -> str:
    """One line a cluster, the largest first; small ones behind the eighth and samples without answer are counted."""
    header = f"  {'answer':<{ANSWER_WIDTH}}  votes  score sum  best score"
    shown = [c for i, c in enumerate(solution.clusters) if i < MOST_CLUSTERS or _is_chosen(c, solution)]
    lines = [_row(cluster, solution) for cluster in shown]
    num_hidden = len(solution.clusters) - len(shown)
    if num_hidden:
        others = f"{num_hidden} other {'answer' if num_hidden == 1 else 'answers'}"
        lines.append(f"  {others} in {_samples(sum(map(len, solution.clusters)) - sum(map(len, shown)))}")
    unanswered = len(solution.candidates) - sum(map(len, solution.clusters))
    if unanswered:
        lines.append(f"  no answer in {_samples(unanswered)}, which do not vote")
    return "\n".join([header, *lines])


def _row(cluster: Cluster, solution: Solution) -> str:
    score_sum = f"{cluster.score_sum:.2f}" if cluster.scores else "-"
    best = "-" if cluster.score_max is None else f"{cluster.score_max:.3f}"
    held = " (held back)" if solution.abstained else " (chosen)"
    line = f"  {_answer(cluster.answer):<{ANSWER_WIDTH}}  {len(cluster):>5}  {score_sum:>9}  {best:>10}"
    return line + (held if _is_chosen(cluster, solution) else "")


def _is_chosen(cluster: Cluster, solution: Solution) -> bool:
    return any(candidate.sample == solution.sample for candidate in cluster.candidates)


def _outcome(solution: Solution) -> str:
    if solution.abstained:
        return f"No answer: {solution.reason}."
    text = textwrap.indent((solution.solution or "").strip(), "    ")
    return f"Answer: {_answer(solution.answer, whole=True)}\n\nSolution (sample {solution.sample}):\n{text}"


def _why(solution: Solution, *, k: int) -> str:
    if solution.confidence is None:
        return ""
    description = STRATEGIES[solution.strategy].description.replace(" k ", f" {k} ")
    lines = [f"Chosen by {solution.strategy}: {description}."]
    vote = solution.clusters[0]
    if not _is_chosen(vote, solution):
        lines.append(f"The vote alone would have said {_answer(vote.answer)}.")
    lines.append(f"Confidence: {solution.confidence:.2f} ({_kind(solution)}).")
    return "\n".join(lines)


def _kind(solution: Solution) -> str:
    if solution.confidence_kind == "calibrated":
        return "calibrated: the share of such answers that is correct on validation problems"
    return f"{solution.confidence_kind} of the chosen answer, which is no calibrated probability"


def _cost(solution: Solution) -> str:
    usage, timings = solution.usage, solution.timings
    judged = f", {usage.evaluator_tokens:,} read by the evaluator" if usage.evaluator_tokens else ""
    total_s = timings.generate_s + timings.score_s + timings.rerank_s
    parts = f"sampling {timings.generate_s:.1f} s, scoring {timings.score_s:.1f} s"
    models = " and ".join(name for name in solution.models.values() if name)
    return (
        f"{_samples(usage.num_samples)}, {usage.completion_tokens:,} tokens{judged}; {total_s:.1f} s ({parts}).\n"
        f"Models: {models}."
    )


def _answer(answer: str | None, *, whole: bool = False) -> str:
    """On one line, and short unless the whole is wanted."""
    text = "no answer" if answer is None else " ".join(answer.split())
    return text if whole or len(text) <= ANSWER_WIDTH else text[: ANSWER_WIDTH - 3] + "..."


def _samples(number: int) -> str:
    return f"{number:,} {'sample' if number == 1 else 'samples'}"
