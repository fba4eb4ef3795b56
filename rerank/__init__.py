"""Votes and verdicts to a chosen answer, and what each way of choosing is worth."""
