"""The paper in miniature: arXiv:2310.10047 on procedural word problems, from nothing."""
