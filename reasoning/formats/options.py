"""How rows are read, and what was counted on the way."""

from dataclasses import dataclass, field
from typing import Literal, get_args

from reasoning.errors import InputError

StepScore = Literal["last", "min", "prod"]
ScoreTransform = Literal["sigmoid", "minmax"]

STEP_SCORES: tuple[StepScore, ...] = get_args(StepScore)
SCORE_TRANSFORMS: tuple[ScoreTransform, ...] = get_args(ScoreTransform)


@dataclass(frozen=True, kw_only=True)
class ReadOptions:
    """How files of samples become canonical rows.

    Attributes:
        importer: the tool that wrote the files; None detects it from the first record of each file.
        step_score: how the scores of a solution's steps become one. The last step's is the default of
            search-and-learn.
        score_transform: how scores outside [0, 1] become probabilities, before steps are reduced. Without one
            such a score is an error. `minmax` reads everything twice, since the range must be known first.
        skip_bad_rows: count bad rows and go on, instead of stopping at the first.
    """

    importer: str | None = None
    step_score: StepScore = "last"
    score_transform: ScoreTransform | None = None
    skip_bad_rows: bool = False


DEFAULT_OPTIONS = ReadOptions()


@dataclass
class ReadCounts:
    """What a reading found, filled while rows are consumed.

    Attributes:
        num_rows: rows yielded.
        num_bad_rows: records refused; more than 0 only with `skip_bad_rows`.
        num_duplicates: rows dropped because an equal row with their key came before.
        num_nan_scores: rows yielded whose score is NaN: missing, never ranked.
        num_stopped: rows yielded of problems whose sampling a rule could end early.
        num_blank: rows yielded without a solution and without an answer.
        first_blank: what is wrong with the first of them, with its place.
        messages: of the first bad rows, `MAX_MESSAGES` at most.
        importers: the importer of each file, in the order of reading.
    """

    num_rows: int = 0
    num_bad_rows: int = 0
    num_duplicates: int = 0
    num_nan_scores: int = 0
    num_stopped: int = 0
    num_blank: int = 0
    first_blank: str = ""
    messages: list[str] = field(default_factory=list)
    importers: dict[str, str] = field(default_factory=dict)

    MAX_MESSAGES = 5

    def add(self, other: "ReadCounts") -> None:
        """Add what was found in other rows, which come after these where the first of something is named."""
        self.num_rows += other.num_rows
        self.num_bad_rows += other.num_bad_rows
        self.num_duplicates += other.num_duplicates
        self.num_nan_scores += other.num_nan_scores
        self.num_stopped += other.num_stopped
        self.num_blank += other.num_blank
        self.first_blank = self.first_blank or other.first_blank
        self.messages = [*self.messages, *other.messages][: self.MAX_MESSAGES]
        self.importers = {**other.importers, **self.importers}

    def add_blank_row(self, message: str) -> None:
        self.num_blank += 1
        self.first_blank = self.first_blank or message

    def add_bad_row(self, error: InputError) -> None:
        self.num_bad_rows += 1
        if len(self.messages) < self.MAX_MESSAGES:
            self.messages.append(str(error))
