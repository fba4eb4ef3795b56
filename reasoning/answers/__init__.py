"""Answers: finding one in a text, and deciding when two are the same."""

from reasoning.answers.equivalence import Grade, Grouping, cluster, grade, group
from reasoning.answers.extract import extract_answer
from reasoning.answers.policy import Policy

__all__ = ["Grade", "Grouping", "Policy", "cluster", "extract_answer", "grade", "group"]
