"""Self-sampling in miniature: the arms of arXiv:2205.14318 (ICLR 2023 version, table 5) on procedural programs."""
