"""Self-training as a run: rounds of stages, and what they were worth."""
