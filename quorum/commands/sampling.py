"""The arguments of every command that samples."""

import argparse
import math
from typing import TYPE_CHECKING

from quorum.commands.grading import positive, seed

if TYPE_CHECKING:
    from reasoning.engines import SamplingParams

MODEL_HELP = (
    "a model folder, a hub name, openai:URL#MODEL (an OpenAI-compatible server, or several: URL,URL), or embedded"
)


def add_sampling_arguments(parser: argparse.ArgumentParser, *, n: int, temperature: float, top_p: float) -> None:
    """How many samples, and how they are drawn."""
    group = parser.add_argument_group("sampling")
    group.add_argument("--n", type=positive, default=n, metavar="N", help=f"samples of a problem (default: {n})")
    group.add_argument(
        "--temperature", type=temperature_value, default=temperature, help=f"0 is greedy (default: {temperature})"
    )
    group.add_argument(
        "--top-p", type=share, default=top_p, help=f"share of the probability mass kept (default: {top_p})"
    )
    group.add_argument("--top-k", type=seed, default=0, help="most likely tokens kept; 0 keeps all (default: 0)")
    group.add_argument("--max-tokens", type=positive, default=512, help="of one sample (default: 512)")
    group.add_argument("--seed", type=seed, default=0, help="another seed, other samples (default: 0)")
    group.add_argument("--device", help="cpu, cuda, cuda:1, mps (default: an accelerator where there is one)")


def sampling_params(args: argparse.Namespace) -> "SamplingParams":
    """How tokens are drawn, in arguments that `add_sampling_arguments` declared."""
    from reasoning.engines import SamplingParams

    return SamplingParams(temperature=args.temperature, top_p=args.top_p, top_k=args.top_k, max_tokens=args.max_tokens)


def temperature_value(text: str) -> float:
    """A finite number of at least 0, as an argument type."""
    number = float(text)
    if not (math.isfinite(number) and number >= 0):
        raise argparse.ArgumentTypeError(f"expected a finite number of at least 0, found {text}")
    return number


def share(text: str) -> float:
    """A number above 0 and at most 1, as an argument type."""
    number = float(text)
    if not 0 < number <= 1:
        raise argparse.ArgumentTypeError(f"expected a number above 0 and at most 1, found {text}")
    return number


def risk(text: str) -> float:
    """A number between 0 and 1, both excluded, as an argument type."""
    number = float(text)
    if not 0 < number < 1:
        raise argparse.ArgumentTypeError(f"expected a number between 0 and 1, found {text}")
    return number
