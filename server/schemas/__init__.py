"""Requests as pydantic models: every number and every list is bounded."""
