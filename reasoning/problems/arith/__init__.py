"""Procedural word problems in the manner of grade school, with solutions and programs."""

from reasoning.problems.arith.solution import STYLES, Style
from reasoning.problems.arith.source import SPLITS, Split, arith_problem, arith_problems

__all__ = ["SPLITS", "STYLES", "Split", "Style", "arith_problem", "arith_problems"]
