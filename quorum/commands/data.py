"""`quorum data`: problems as JSON Lines, made, read from a file or loaded by name."""

import argparse
import itertools
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from quorum.commands.grading import positive
from quorum.commands.reading import check_not_read
from quorum.terminal import inert
from reasoning.errors import InputError
from rerank.naming import counted

if TYPE_CHECKING:  # for help, nothing is imported that reads or makes problems
    from reasoning.formats import ReadCounts
    from reasoning.problems import ProblemRow
    from reasoning.problems.conversion import Conversion

ARITH = "arith"
PROGRAM_SETS = ("gsm-python", "mathqa-python")
ROWS_PER_LINE = 100_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument(
        "name",
        metavar="NAME",
        help="arith (procedural word problems), gsm8k, math, svamp, gsm-python, mathqa-python, or a file of problems",
    )
    parser.add_argument(
        "-i", "--input", type=Path, nargs="+", metavar="FILE", help="local files of the set; - is standard input"
    )
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help=".jsonl or .jsonl.gz (default: stdout)")
    parser.add_argument("--split", help="train, validation, test; of arith also numbers (default: train, or all)")
    parser.add_argument("--limit", type=positive, help="problems at most")
    parser.add_argument(
        "--seed", type=int, default=0, help="of arith's problems and of what sets with programs hold out (default: 0)"
    )
    made = parser.add_argument_group("arith")
    made.add_argument("--style", choices=("terse", "fine"), default="terse", help="of the solutions (default: terse)")
    made.add_argument("--start", type=int, default=0, metavar="N", help="first problem, from 0 (default: 0)")
    made.add_argument(
        "--part", type=_part, metavar="I/N", help="only the problems of one of N parts of the templates, as 1/2 or 2/2"
    )
    read = parser.add_argument_group("files and sets")
    read.add_argument(
        "--field",
        action="append",
        default=[],
        metavar="OURS=THEIRS",
        help="the file's name of a field, as problem=question; once a field",
    )
    read.add_argument("--hub", metavar="NAME", help="load the set under this name of the datasets library")
    read.add_argument("--skip-bad-rows", action="store_true", help="count rows that cannot be read and go on")
    guard = parser.add_argument_group("train and test")
    guard.add_argument("--manifest", type=Path, metavar="FILE", help="also write the problems' hashes to FILE")
    guard.add_argument(
        "--disjoint-from",
        type=Path,
        nargs="+",
        default=[],
        metavar="FILE",
        help="fail if a problem is in one of these files of problems or manifests",
    )


def run(args: argparse.Namespace) -> int:
    """Write the problems; files appear when they are complete and nothing was refused."""
    from reasoning.formats import ReadCounts
    from reasoning.formats.sources import STDIN, kind_of
    from reasoning.formats.write import atomic_file, write_lines
    from reasoning.problems.conversion import Conversion

    counts, converted = ReadCounts(), Conversion()
    rows = itertools.islice(_rows(args, counts, converted), args.limit)
    to_stdout = args.output is None or args.output == STDIN
    if not to_stdout and kind_of(args.output) not in {".jsonl", ".ndjson"}:
        raise InputError(f"{args.output}: expected a name ending in .jsonl or .jsonl.gz, found {args.output.name!r}")
    if not to_stdout and args.name == ARITH and args.limit is None:
        raise InputError("arith: expected --limit with -o, since the problems never end; add --limit 10000")
    check_not_read(_read(args), None if to_stdout else args.output, args.manifest)
    manifest: dict[str, str] = {}
    lines = _lines(rows, manifest, keep=bool(args.manifest or args.disjoint_from))
    if to_stdout:
        num_rows = write_lines(lines, sys.stdout.buffer)
        _check(manifest, args)
    else:
        with atomic_file(args.output) as file:
            num_rows = write_lines(lines, file)
            _check(manifest, args)
    skipped = f"; {counted(counts.num_bad_rows, 'bad row')} skipped" if counts.num_bad_rows else ""
    print(f"{counted(num_rows, 'problem')}{skipped}", file=sys.stderr)
    if converted.num_problems:
        print(converted.sentence(), file=sys.stderr)
    for message in counts.messages:
        print(inert(f"  skipped {message}"), file=sys.stderr)
    return 0


def _rows(args: argparse.Namespace, counts: "ReadCounts", converted: "Conversion") -> "Iterator[ProblemRow]":
    if args.name == ARITH:
        return _made(args)
    if args.name in PROGRAM_SETS:
        return _with_programs(args, counts, converted)
    from reasoning.problems import SETS, ProblemOptions, load_problems, read_problems

    problem_set = SETS.get(args.name)
    if problem_set is None and args.input:
        raise InputError(
            f"expected one of arith, {', '.join(SETS)} before --input, found {args.name!r}; give files by themselves"
        )
    if args.input or problem_set is None:
        if args.hub:
            raise InputError("expected files or --hub, found both; leave one out")
        options = ProblemOptions(
            problem_set=problem_set, fields=_fields(args.field), split=args.split, skip_bad_rows=args.skip_bad_rows
        )
        return read_problems(args.input or [_file(args.name, SETS)], options=options, counts=counts)
    if args.field or args.skip_bad_rows:
        raise InputError(f"{args.name}: --field and --skip-bad-rows are for files; name one with --input FILE")
    return load_problems(problem_set, hub=args.hub, split=args.split or "train", counts=counts)


def _with_programs(args: argparse.Namespace, counts: "ReadCounts", converted: "Conversion") -> "Iterator[ProblemRow]":
    """A set whose solutions become programs, split anew."""
    from reasoning.problems import SETS, ProblemOptions, load_problems, read_problems
    from reasoning.problems.gsm_python import gsm_python
    from reasoning.problems.mathqa_python import MATHQA, mathqa_python

    if args.split not in (None, "train", "validation", "test"):
        raise InputError(f"--split: expected train, validation or test for {args.name}, found {args.split!r}")
    if args.field or (args.input and args.hub):
        raise InputError(f"{args.name}: expected --input or --hub, and no --field; leave the others out")
    is_gsm = args.name == PROGRAM_SETS[0]
    base, convert = (SETS["gsm8k"], gsm_python) if is_gsm else (MATHQA, mathqa_python)
    if args.input:
        options = ProblemOptions(problem_set=base, skip_bad_rows=args.skip_bad_rows)
        rows = read_problems(args.input, options=options, counts=counts)
    elif is_gsm or args.hub:
        split = "test" if args.split == "test" else "train"
        rows = load_problems(base, hub=args.hub, split=split, counts=counts)
    else:
        raise InputError(f"{args.name}: expected the set's files; give them with --input train.json dev.json")
    return convert(rows, seed=args.seed, split=args.split, counts=converted)


def _made(args: argparse.Namespace) -> "Iterator[ProblemRow]":
    from reasoning.problems.arith import SPLITS, arith_problems

    if args.input or args.field or args.hub:
        raise InputError("arith: expected no --input, --field or --hub, since its problems are made; leave them out")
    split = args.split or "train"
    if split not in SPLITS:
        raise InputError(f"--split: expected one of {', '.join(SPLITS)} for arith, found {split!r}")
    if args.start < 0:
        raise InputError(f"--start: expected 0 or more, found {args.start}")
    return arith_problems(split, seed=args.seed, style=args.style, start=args.start, limit=args.limit, part=args.part)


def _part(text: str) -> tuple[int, int]:
    """`1/2` as the part's index from 0 and the number of parts."""
    index, _, parts = text.partition("/")
    if not (index.isdecimal() and parts.isdecimal() and 1 <= int(index) <= int(parts)):
        raise argparse.ArgumentTypeError(f"expected I/N with I from 1 to N, as 1/2; found {text!r}")
    return int(index) - 1, int(parts)


def _read(args: argparse.Namespace) -> list[Path]:
    """The files that are read: problems, or what they must have nothing in common with."""
    paths = [*(args.input or [Path(args.name)]), *args.disjoint_from]
    return [path for path in paths if str(path) == "-" or path.exists()]


def _file(name: str, sets: Iterable[str]) -> Path:
    path = Path(name)
    if name != "-" and not path.exists():
        raise InputError(f"{name}: expected arith, {', '.join(sets)} or a file of problems, found nothing there")
    return path


def _fields(entries: list[str]) -> dict[str, str] | None:
    """`--field problem=question` as ours -> theirs; None where there is none."""
    fields = {}
    for entry in entries:
        ours, equals, theirs = entry.partition("=")
        if not (ours and equals and theirs):
            raise InputError(f"--field: expected OURS=THEIRS as problem=question, found {entry!r}")
        fields[ours] = theirs
    return fields or None


def _lines(rows: "Iterable[ProblemRow]", manifest: dict[str, str], *, keep: bool) -> Iterator[str]:
    """The rows' lines; on the way, their hashes are kept and progress is told."""
    from reasoning.problems import problem_hash

    for number, row in enumerate(rows, 1):
        if keep:
            manifest.setdefault(problem_hash(row.problem), row.id)
        yield row.to_json()
        if number % ROWS_PER_LINE == 0:
            print(f"{number:,} problems", file=sys.stderr)


def _check(manifest: dict[str, str], args: argparse.Namespace) -> None:
    """Refuse what is also in another file, then write the manifest."""
    from reasoning.problems import check_disjoint, read_manifest, write_manifest

    for path in args.disjoint_from:
        name = str(args.output or "the output")
        check_disjoint(training=manifest, testing=read_manifest(path), training_name=name, testing_name=str(path))
    if args.manifest:
        write_manifest(manifest, args.manifest)
