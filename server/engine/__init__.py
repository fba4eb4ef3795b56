"""The process that runs the models, apart from the event loop."""

from server.engine.models import Calibrated, Models, NoModels
from server.engine.process import Engine, EngineLost, Job, Refused

__all__ = ["Calibrated", "Engine", "EngineLost", "Job", "Models", "NoModels", "Refused"]
