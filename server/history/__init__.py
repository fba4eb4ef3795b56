"""The history of solves: what was asked and answered, in SQLite or PostgreSQL."""

from server.history.history import History, Unavailable
from server.history.settings import HistorySettings
from server.history.solve import Solve, Summary

__all__ = ["History", "HistorySettings", "Solve", "Summary", "Unavailable"]
