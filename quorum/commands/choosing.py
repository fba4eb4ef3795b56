"""The arguments of every command that chooses an answer."""

import argparse

from quorum.commands.grading import positive
from rerank.strategies import DEFAULT_K, DEFAULT_TOP_N


def add_size_arguments(parser: "argparse.ArgumentParser | argparse._ArgumentGroup") -> None:
    """What strategies keep of the clusters and samples."""
    parser.add_argument(
        "--k", type=positive, default=DEFAULT_K, help=f"largest clusters that MajK keeps (default: {DEFAULT_K})"
    )
    parser.add_argument(
        "--top-n",
        type=positive,
        default=DEFAULT_TOP_N,
        help=f"best-scored samples that vote in maj1.topn (default: {DEFAULT_TOP_N})",
    )
