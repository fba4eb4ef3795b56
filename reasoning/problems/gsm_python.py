"""GSM8K's calculator annotations as straight-line programs.

`<<48/2=24>>` and `<<48+24=72>>` become `n0=48`, `n1=2`, `t0=n0/n1`, `answer=n0+t0`: a number that no earlier step
found gets a name of its own, the same one wherever it comes again, and a number that one did find is that step's.

Source: the style is that of GSM5.5K-Python, arXiv:2205.14318, section 4.1.
"""

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal

from reasoning.problems.conversion import Conversion, NoProgramError, check_program, held_out
from reasoning.problems.manifest import problem_hash
from reasoning.problems.rows import ProblemRow

VALIDATION_SHARE = 0.2  # of train

_ANNOTATION = re.compile(r"<<([^<>]*)>>")
_NUMBER = re.compile(r"\d+\.?\d*|\.\d+")
_ARITHMETIC = re.compile(r"[-+*/(). \d]*\d[-+*/(). \d]*", re.ASCII)


def gsm_python(
    rows: Iterable[ProblemRow], *, seed: int = 0, split: str | None = None, counts: Conversion | None = None
) -> Iterator[ProblemRow]:
    """The rows of GSM8K with programs, a fifth of `train` as `validation`.

    A training row without a program is left out. One of validation or test is kept, since only its answer counts there.
    All rows are read before the first is given.

    Args:
        rows: as the set `gsm8k` gives them; of no split are of `train`.
        seed: of what is held out. Copies of a problem are on the same side.
        split: train, validation or test; None for all.
        counts: filled while rows are consumed.
    """
    counts = Conversion() if counts is None else counts
    for row, of in _with_splits(rows, seed):
        if split not in (None, of):
            continue
        counts.num_problems += 1
        fields = {"split": of}
        try:
            fields["program"] = check_program(program_of(row.solution or ""), row.expected_answer)
            counts.num_programs += 1
        except NoProgramError as reason:
            counts.reasons[str(reason)] += 1
            if of == "train":
                continue
        yield ProblemRow.model_validate({**row.model_dump(exclude_unset=True), **fields})


def program_of(solution: str) -> str:
    """The program of an annotated solution; that it gives the right answer is not checked.

    The last calculation is the answer. A number that is both in the question and the result of a step is taken for the
    result, the latest of several.

    Raises:
        NoProgramError: there is no calculation, or one that is not arithmetic on numbers.
    """
    names: dict[Decimal, str] = {}
    results: dict[Decimal, str] = {}
    lines: list[str] = []

    def name(found: re.Match[str]) -> str:
        value = Decimal(found[0])
        return results.get(value) or names.setdefault(value, f"n{len(names)}")

    for annotation in _ANNOTATION.findall(solution):
        expression, _, result = annotation.rpartition("=")
        if not (_ARITHMETIC.fullmatch(expression) and _ARITHMETIC.fullmatch(result)):
            raise NoProgramError("with a calculation that is not arithmetic")
        lines.append(_NUMBER.sub(name, expression.replace(" ", "")))
        if _NUMBER.fullmatch(result.strip()):
            results[Decimal(result)] = f"t{len(lines) - 1}"
    if not lines:
        raise NoProgramError("without a calculation")
    inputs = [f"{name}={format(value.normalize(), 'f')}" for value, name in names.items()]
    steps = [f"t{number}={line}" for number, line in enumerate(lines[:-1])]
    return "\n".join([*inputs, *steps, f"answer={lines[-1]}"])


def _with_splits(rows: Iterable[ProblemRow], seed: int) -> Iterator[tuple[ProblemRow, str]]:
    """Each row with its split."""
    keyed = [(row, problem_hash(row.problem)) for row in rows]
    training = [key for row, key in keyed if row.split in (None, "train")]
    validation = held_out(training, seed=seed, share=VALIDATION_SHARE)
    for row, key in keyed:
        if row.split not in (None, "train"):
            yield row, str(row.split)
        else:
            yield row, "validation" if key in validation else "train"
