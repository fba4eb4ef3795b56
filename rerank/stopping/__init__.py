"""When to stop sampling, and which samples to score: no more than the answer needs."""

from rerank.stopping.rules import GUARANTEED, StopRule, Watch, parse_rule
from rerank.stopping.voting import VoteStop

__all__ = ["GUARANTEED", "StopRule", "VoteStop", "Watch", "parse_rule"]
