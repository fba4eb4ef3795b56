"""What ships inside Quorum so that it works with nothing downloaded."""

from importlib.resources import files
from importlib.resources.abc import Traversable

# Made by recipes/demo_samples.py; 200 problems of 32 samples, canonical rows with scores.
DEMO_SAMPLES: Traversable = files("quorum.embedded") / "demo_samples.jsonl.gz"
