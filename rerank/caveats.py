"""What a reader must know about the samples before trusting a number."""

from rerank.grading import Graded


def caveats(graded: Graded, n: int) -> list[str]:
    """One sentence each; values stop at n samples."""
    problems, warnings = graded.problems, []
    num_mixed = sum(len({c.model for c in p.candidates}) > 1 for p in problems)
    if num_mixed:
        warnings.append(
            f"The samples are not drawn from one distribution: in {num_mixed} of {len(problems)} problems "
            "they name several models. Values at n samples then mean n of these models chosen at random; "
            "they do not say what n samples of one model would give."
        )
    counts = {len(p.candidates) for p in problems}
    if len(counts) > 1:
        warnings.append(
            f"Problems have {min(counts)} to {max(counts)} samples; values stop at n = {n}, which every "
            "problem has. --min-samples leaves out the problems with fewer."
        )
    if graded.num_disagreements:
        warnings.append(
            f"{graded.num_disagreements} of {graded.num_claims} gradings by the tool that wrote the files "
            "differ from the ones made here; the ones made here are used."
        )
    num_missing = sum(c.score is None for p in problems for c in p.candidates)
    if graded.has_scores and num_missing:
        warnings.append(
            f"{num_missing} samples have no score ({graded.num_nan_scores} of them NaN); they are never "
            "ranked, and still vote in Maj1."
        )
    if any(g is not None for g in graded.greedy):
        warnings.append(
            "Each problem's greedy sample (temperature 0, beside samples drawn at another) is not among the "
            "samples that vote; it has its own line."
        )
    return warnings
