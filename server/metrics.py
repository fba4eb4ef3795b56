"""What Prometheus is told. Labels come from fixed lists, so their number is bounded."""

from collections.abc import Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600)
_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048)
_SHARES = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


class Metrics:
    """The counters of one server."""

    def __init__(self) -> None:
        registry = self._registry = CollectorRegistry()
        self.requests = Counter("quorum_requests", "Requests answered", ["route", "status"], registry=registry)
        self.request_s = Histogram(
            "quorum_request_seconds", "Until the answer is sent", ["route"], buckets=_SECONDS, registry=registry
        )
        self.in_flight = Gauge("quorum_requests_in_flight", "Requests being answered", registry=registry)
        self.queue_depth = Gauge("quorum_queue_depth", "Requests that wait for a place", registry=registry)
        self.active = Gauge("quorum_active", "Requests that hold a place", registry=registry)
        self.queue_s = Histogram("quorum_queue_seconds", "Waited for a place", buckets=_SECONDS, registry=registry)
        self.generate_s = Histogram("quorum_generate_seconds", "Of a solve", buckets=_SECONDS, registry=registry)
        self.score_s = Histogram("quorum_score_seconds", "Of a solve", buckets=_SECONDS, registry=registry)
        self.rerank_s = Histogram("quorum_rerank_seconds", "Of a solve", buckets=_SECONDS, registry=registry)
        self.batch_requests = Histogram(
            "quorum_batch_requests", "Requests in a batch", buckets=_SIZES, registry=registry
        )
        self.batch_samples = Histogram("quorum_batch_samples", "Samples in a batch", buckets=_SIZES, registry=registry)
        self.tokens = Counter("quorum_tokens", "Tokens by kind", ["kind"], registry=registry)
        self.cancelled = Counter("quorum_cancelled", "Requests whose client went away", registry=registry)
        self.dropped = Counter("quorum_dropped", "Requests sent away", ["reason"], registry=registry)
        self.margin = Histogram(
            "quorum_vote_margin", "Largest cluster less the next, over samples", buckets=_SHARES, registry=registry
        )
        self.engine_deaths = Counter("quorum_engine_deaths", "Engine processes that died", registry=registry)
        self.replayed = Counter("quorum_replayed", "Answers that were kept", ["source"], registry=registry)

    def batch(self, num_requests: int, num_samples: int) -> None:
        """A batch of samples begins."""
        self.batch_requests.observe(num_requests)
        self.batch_samples.observe(num_samples)

    def solved(self, result: Mapping[str, Any]) -> None:
        """A solve has ended."""
        for histogram, name in (
            (self.generate_s, "generate_s"),
            (self.score_s, "score_s"),
            (self.rerank_s, "rerank_s"),
        ):
            histogram.observe(result["timings"][name])
        for name in ("prompt_tokens", "completion_tokens", "evaluator_tokens"):
            self.tokens.labels(name.removesuffix("_tokens")).inc(result["usage"][name])
        counts = [cluster["count"] for cluster in result["clusters"][:2]]
        if counts:
            self.margin.observe((counts[0] - sum(counts[1:])) / result["usage"]["num_samples"])

    def text(self) -> bytes:
        """All of it in Prometheus' text format."""
        return generate_latest(self._registry)
