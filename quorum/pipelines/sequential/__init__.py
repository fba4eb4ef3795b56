"""Training in sequence: generator, evaluator, and from its weights the generator again (arXiv:2310.10047, 3.3)."""
