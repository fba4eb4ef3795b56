"""Mechanics of training as plain functions; each trainer has its own visible loop."""
