"""The evaluator: the trained verifier that judges a candidate correct or incorrect."""
