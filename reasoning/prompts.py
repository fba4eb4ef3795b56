"""The texts that both models read."""

LABELS = (" correct", " incorrect")
"""The verdict labels. Each carries the space before it, which most tokenizers put into the word's token."""

_SOLUTION_PROMPT = "Problem: {problem}\nSolution:\n"
_VERDICT_PREFIX = "Here is a math problem: {problem} Here is a candidate solution: "
_VERDICT_SUFFIX = " The above candidate solution is"


def solution_prompt(problem: str, *, examples: tuple[tuple[str, str], ...] = ()) -> str:
    """What the generator continues with a solution.

    Args:
        problem: the question.
        examples: (problem, solution) pairs put before it, for a model that was not fine-tuned.
    """
    shots = "".join(_SOLUTION_PROMPT.replace("{problem}", p) + s.strip() + "\n\n" for p, s in examples)
    return shots + _SOLUTION_PROMPT.replace("{problem}", problem)


def verdict_prompt(problem: str, solution: str) -> str:
    """What the evaluator continues with one of LABELS; it ends without a space.

    Source: arXiv:2310.10047, section 3.2.
    """
    return verdict_prefix(problem) + solution + verdict_suffix()


def verdict_prefix(problem: str) -> str:
    """The part of the verdict prompt that all candidates of a problem share."""
    return _VERDICT_PREFIX.replace("{problem}", problem)


def verdict_suffix() -> str:
    """The part of the verdict prompt after the candidate."""
    return _VERDICT_SUFFIX
