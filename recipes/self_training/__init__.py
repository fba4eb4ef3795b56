"""ReST-EM against its controls: three rounds, one round of three times the samples, and the references."""
