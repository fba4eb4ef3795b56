"""Every error Quorum raises on purpose.

QuorumError                exit code 1
├── Unavailable            a service does not answer now, and may do so later
└── InputError             exit code 2: a file, a row, an option or a request is not what it must be
    └── RowError           one row of a file, with its place

A message says what was expected, what was found and what to do.
"""

from pathlib import Path


class QuorumError(Exception):
    """Something failed that the user can understand and act on."""


class Unavailable(QuorumError):
    """A service does not answer now, and may do so later.

    Attributes:
        has_answered: whether it did before, in the work that this ends.
    """

    has_answered = False


class InputError(QuorumError):
    """What the user gave is not what it must be."""


class RowError(InputError):
    """One row of a file is not what it must be.

    Args:
        path: the file.
        line: 1-based line number, or the 1-based row number of a Parquet file.
        problem: "expected ..., found ...; remedy", one sentence.
    """

    def __init__(self, path: Path | str, line: int, problem: str) -> None:
        super().__init__(f"{path}:{line}: {problem}")
        self.path = Path(path)
        self.line = line
        self.problem = problem
