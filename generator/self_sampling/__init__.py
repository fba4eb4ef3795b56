"""Self-sampling: the generator learns from its own fully and partially correct solutions (ICLR 2023, SELF)."""
