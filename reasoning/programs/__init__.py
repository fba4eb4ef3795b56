"""Programs: running the straight-line Python that a model wrote, with the state after every step."""

from reasoning.programs.execution import execute, trace
from reasoning.programs.outcome import Execution, Status
from reasoning.programs.pool import close, execute_many
from reasoning.programs.source import split

__all__ = ["Execution", "Status", "close", "execute", "execute_many", "split", "trace"]
