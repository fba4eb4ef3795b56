"""What solving one problem ends with, and what it tells on the way."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from reasoning.engines import FinishReason
from reasoning.types import Candidate
from rerank.choice import ConfidenceKind
from rerank.clusters import Cluster


@dataclass(frozen=True, slots=True)
class Usage:
    """What a solution cost.

    Attributes:
        num_samples: that were drawn, failed ones not among them.
        prompt_tokens: of the problem's prompt, once for all samples.
        completion_tokens: generated, over all samples.
        evaluator_tokens: that went through the evaluator; 0 without one.
    """

    num_samples: int
    prompt_tokens: int
    completion_tokens: int
    evaluator_tokens: int


@dataclass(frozen=True, slots=True)
class Timings:
    """Seconds of each part; what the caller does between two events counts for the part it interrupts."""

    generate_s: float
    score_s: float
    rerank_s: float


@dataclass(frozen=True, slots=True)
class Solution:
    """The chosen answer to one problem, and what it was chosen from.

    Attributes:
        answer: None where `abstained`.
        solution: the text of the chosen candidate; None where `abstained`.
        confidence: that the chosen answer is correct, in [0, 1]; where an answer is held back for its risk, that of
            this answer. None where there was none to choose.
        confidence_kind: "calibrated" is a probability, by validation problems. "score share" is the sum of the chosen
            cluster's scores over the number of samples, "vote share" its number of samples over that number: the
            larger the surer, but neither is a probability.
        abstained: that no answer is given.
        reason: why not.
        degraded: that something failed, and the answer was chosen without it; `notes` say what.
        notes: what whoever reads the answer should know, a sentence each.
        strategy: that chose.
        sample: index of the chosen candidate; None where there was none to choose.
        clusters: largest first; ties as in `majority_vote`.
        candidates: that were drawn, by sample index. One has a score if the strategy might have chosen it.
        num_failed: samples that the engine could not draw.
        usage: tokens.
        timings: seconds.
        models: the names under "generator" and "evaluator", the latter None without one.
        stopped: why a stopping rule ended the sampling, "budget" where it did not before all samples were drawn; None
            without a rule.
    """

    answer: str | None
    solution: str | None
    confidence: float | None
    confidence_kind: ConfidenceKind
    abstained: bool
    reason: str | None
    degraded: bool
    notes: tuple[str, ...]
    strategy: str
    sample: int | None
    clusters: tuple[Cluster, ...]
    candidates: tuple[Candidate, ...]
    num_failed: int
    usage: Usage
    timings: Timings
    models: Mapping[str, str | None]
    stopped: Literal["decided", "settled", "budget"] | None = None

    def as_dict(self) -> dict[str, Any]:
        """The solution as JSON values; of the candidates, only the chosen one's text."""
        return {
            "answer": self.answer,
            "solution": self.solution,
            "confidence": self.confidence,
            "confidence_kind": self.confidence_kind,
            "abstained": self.abstained,
            "reason": self.reason,
            "degraded": self.degraded,
            "notes": list(self.notes),
            "strategy": self.strategy,
            "sample": self.sample,
            "clusters": [cluster_dict(cluster) for cluster in self.clusters],
            "num_failed": self.num_failed,
            "usage": asdict(self.usage),
            "timings": asdict(self.timings),
            "models": dict(self.models),
            "stopped": self.stopped,
        }


@dataclass(frozen=True, slots=True)
class Sampled:
    """A sample has come; `candidate` has no score yet.

    Attributes:
        finish_reason: "error" where it failed, and then the candidate takes no part in anything.
        error: what went wrong.
    """

    candidate: Candidate
    finish_reason: FinishReason
    error: str | None


@dataclass(frozen=True, slots=True)
class Voted:
    """All samples are there; the clusters, largest first, without scores."""

    clusters: tuple[Cluster, ...]


@dataclass(frozen=True, slots=True)
class Scored:
    """The evaluator has judged a sample; None where it could not."""

    sample: int
    score: float | None


@dataclass(frozen=True, slots=True)
class Done:
    """The end."""

    solution: Solution


Event = Sampled | Voted | Scored | Done


def cluster_dict(cluster: Cluster) -> dict[str, Any]:
    """A cluster as JSON values; sum and maximum are null where none of it has a score."""
    return {
        "answer": cluster.answer,
        "count": len(cluster),
        "score_sum": cluster.score_sum if cluster.scores else None,
        "score_max": cluster.score_max,
        "samples": [candidate.sample for candidate in cluster.candidates],
    }
