"""Supervised solution fine-tuning: the generator learns solutions, given their problems."""
