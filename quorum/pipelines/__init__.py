"""Pipelines: stages in a row, each done once and found again by a hash of what it was made from."""
