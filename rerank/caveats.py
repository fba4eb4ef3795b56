"""What a reader must know about the samples before trusting a number."""

from rerank.clusters import is_scored
from rerank.grading import Graded
from rerank.labels import label_warnings
from rerank.naming import counted


def caveats(graded: Graded, n: int) -> list[str]:
    """One sentence each; values stop at n samples."""
    problems, warnings = graded.problems, []
    num_mixed = sum(len({c.model for c in p.candidates if c.model is not None}) > 1 for p in problems)
    if num_mixed:
        warnings.append(
            f"The samples are not drawn from one distribution: in {num_mixed} of {counted(len(problems), 'problem')} "
            "they name several models. Values at n samples then mean n of these models chosen at random; "
            "they do not say what n samples of one model would give."
        )
    if graded.num_unlabelled:
        warnings.append(
            "Problems left out by --skip-unlabelled, for they have neither an expected answer nor a "
            f"`symbolic_correct`: {graded.num_unlabelled}."
        )
    counts = {len(p.candidates) for p in problems}
    if len(counts) > 1:
        warnings.append(
            f"Problems have {min(counts)} to {max(counts)} samples; values stop at n = {n}, which every "
            "problem has (`quorum report --min-samples` leaves out the problems with fewer). What is not a value "
            "at n uses all samples of each problem: shares of samples, clusters, difficulty, risk, the quality of "
            "the scores, and what is selected for each problem."
        )
    if graded.num_disagreements:
        warnings.append(
            f"{graded.num_disagreements} of {graded.num_claims} gradings by the tool that wrote the files "
            "differ from the ones made here; the ones made here are used."
        )
    if graded.num_nan_scores and not any(is_scored(c) for p in problems for c in p.candidates):
        warnings.append(
            f"All scores in these files are NaN ({graded.num_nan_scores}): whatever computed them failed. Nothing is "
            "ranked by them."
        )
    if graded.has_scores and graded.num_missing_scores:
        warnings.append(
            f"Samples without a score: {graded.num_missing_scores}, of which NaN: {graded.num_nan_scores}. They are "
            "never ranked, and still vote in Maj1."
        )
    warnings += greedy_warnings(graded)
    return warnings + label_warnings(graded.labelled, len(problems))


def greedy_warnings(graded: Graded) -> list[str]:
    """Where the greedy samples are, if there are any."""
    if any(g is not None for g in graded.greedy):
        return [
            "Each problem's greedy sample (temperature 0, beside samples drawn at another) is not among the "
            "samples that vote. Pass@1 is the greedy samples' value; Mean@1 is the mean over the others."
        ]
    if graded.num_greedy_kept:
        return [
            "Problems with a greedy sample (temperature 0, beside samples drawn at another): "
            f"{graded.num_greedy_kept} of {len(graded.problems)}. As the others have none, it votes like any other "
            "sample, and Pass@1 is the mean over all samples."
        ]
    return []
