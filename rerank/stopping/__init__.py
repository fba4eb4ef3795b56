"""When to stop sampling, and which samples to score: no more than the answer needs."""

from rerank.stopping.rules import GUARANTEED, StopRule, Watch, parse_rule

__all__ = ["GUARANTEED", "StopRule", "Watch", "parse_rule"]
