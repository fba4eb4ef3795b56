"""The arguments of commands that work in bulk: how many processes, of what kind, and which part of the work."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from quorum.commands.grading import positive, seed
from reasoning.errors import InputError

if TYPE_CHECKING:
    from reasoning.bulk import Backend


def add_bulk_arguments(parser: argparse.ArgumentParser) -> None:
    """Workers, backend and chunks."""
    group = parser.add_argument_group("in bulk")
    group.add_argument(
        "--workers",
        type=positive,
        metavar="W",
        help="processes, each with a model of its own (default: none; this process does all)",
    )
    add_backend_argument(group)
    group.add_argument("--num-chunks", type=positive, metavar="C", help="do only one of C parts of the work ...")
    group.add_argument(
        "--chunk-id", type=seed, metavar="I", help="... part I, from 0; the output's name then says which"
    )
    parser.add_argument("--overwrite", action="store_true", help="start again instead of going on or stopping")


def add_backend_argument(parser: "argparse.ArgumentParser | argparse._ArgumentGroup") -> None:
    parser.add_argument(
        "--backend",
        choices=("local", "ray"),
        default="local",
        help="where workers run: on this machine, or on a Ray cluster (default: local)",
    )


def is_elsewhere(args: argparse.Namespace) -> bool:
    """Whether other processes do the work."""
    return args.workers is not None or args.backend == "ray"


@contextmanager
def opened_backend(args: argparse.Namespace, *, use_gpus: bool = True) -> "Iterator[Backend]":
    """The backend that the arguments ask for; on a Ray cluster, each worker may have a GPU of its own."""
    if args.backend == "ray":
        yield _ray_backend(args, use_gpus=use_gpus)
    elif args.workers is None:
        from reasoning.bulk import here

        yield here
    else:
        from rerank.batch import Pool

        with Pool(args.workers) as pool:
            yield pool.each


def _ray_backend(args: argparse.Namespace, *, use_gpus: bool) -> "Backend":
    try:
        from rerank.ray_backend import RayBackend
    except ModuleNotFoundError as error:
        if error.name != "ray":
            raise
        raise InputError('--backend ray: expected Ray, found none; pip install "quorum-math[ray]"') from error
    return RayBackend(args.workers, use_gpus=use_gpus)


def chunk(args: argparse.Namespace) -> tuple[int, int] | None:
    """Which part of the work is done, and of how many; None for all of it."""
    if args.num_chunks is None and args.chunk_id is None:
        return None
    if args.num_chunks is None or args.chunk_id is None:
        missing = "--num-chunks" if args.num_chunks is None else "--chunk-id"
        raise InputError(f"expected --num-chunks and --chunk-id together, found no {missing}; give both")
    if args.chunk_id >= args.num_chunks:
        raise InputError(
            f"expected --chunk-id from 0 to {args.num_chunks - 1}, found {args.chunk_id}; chunks are counted from 0"
        )
    return args.chunk_id, args.num_chunks


def chunk_output(output: Path, part: tuple[int, int] | None) -> Path:
    """The file of a part: `rows-00003-of-00008.jsonl`."""
    if part is None:
        return output
    suffix = "".join(Path(output.stem).suffixes[-1:]) + ".gz" if output.suffix == ".gz" else output.suffix
    return output.with_name(f"{output.name.removesuffix(suffix)}-{part[0]:05}-of-{part[1]:05}{suffix}")
