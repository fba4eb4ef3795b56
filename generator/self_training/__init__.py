"""Self-training: a generator learns from those of its own samples that were right, round by round."""
