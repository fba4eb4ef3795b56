"""How fast an evaluator scores, against a right-padded batch of transformers a problem with all logits, in one run.

    python benchmarks/bench_scoring.py [--evaluator FOLDER] [--samples FILE ...] [--problems N] [--threads T]

Without a folder the evaluator has the embedded one's shape and random weights, which changes no time. Two sets of
candidates are scored: 64 a problem that share nothing but the problem, of about 100 tokens each, with problems of about
100 tokens; and those of the sample files, else 64 a problem that share beginnings, made by slips in a right solution.
Both sides get the same texts in turn. Printed are candidates a second of processor time, over all threads (which holds
on a machine that has other work), tokens that go through the model, and the
largest difference of any score from that of its prompt alone in plain fp32, also in bf16.
"""

import argparse
import random
import time
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias

import torch

from benchmarks.ratios import ratio_of, tell
from evaluator.model import VerdictModel
from evaluator.scored_files import largest_drift
from evaluator.scoring import Scorer
from evaluator.trees import Cost
from reasoning.engines.loading import load_model
from reasoning.formats import read_rows
from reasoning.problems.arith import arith_problems
from reasoning.prompts import verdict_prompt
from reasoning.training.bpe import train_bpe
from reasoning.training.models import new_model
from reasoning.training.settings import ModelSection

NUM_CANDIDATES = 64
NUM_TOKENS = 100  # of problems and solutions, about

Problems: TypeAlias = list[tuple[str, list[str]]]
Score: TypeAlias = Callable[[str, Sequence[str]], list[float | None]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--evaluator", help="its folder")
    parser.add_argument("--samples", type=Path, nargs="+", help="sample files")
    parser.add_argument("--problems", type=int, default=4, help="of each set")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    model, tokenizer = loaded(args.evaluator) if args.evaluator else made()
    size = sum(p.numel() for p in model.parameters())
    print(f"{size:,} parameters, {model.config.vocab_size:,} tokens of vocabulary, {args.threads} threads")
    sharing = read(args.samples, args.problems) if args.samples else slips(args.problems)
    sets = {"sharing the problem only": apart(args.problems, tokenizer), "sharing beginnings": sharing}
    for what, problems in sets.items():
        print(f"\n{what}")
        compare(what, model, tokenizer, problems)


def compare(what: str, model: Any, tokenizer: Any, problems: Problems) -> None:
    """Time both on each problem in turn, after one warm-up."""
    verdicts = VerdictModel(model, tokenizer)
    reader = verdicts.reader
    scorer = Scorer(verdicts, name="ours")
    plain = padded(model, tokenizer, verdicts.verdict.audit.tokens)
    for score in (scorer.score, plain):
        score(*problems[0])
    times: dict[str, list[float]] = {"quorum": [], "padded": []}
    reader.num_tokens = 0
    ours: list[float | None] = []
    for problem, solutions in problems:
        ours += timed(scorer.score, problem, solutions, times["quorum"])
        timed(plain, problem, solutions, times["padded"])
    lengths = [len(t) for p, s in problems for t in tokenizer([verdict_prompt(p, text) for text in s])["input_ids"]]
    num_distinct = sum(len(set(solutions)) for _, solutions in problems)
    print(f"{len(lengths):,} candidates, {num_distinct:,} distinct, {sum(lengths) / len(lengths):.0f} tokens each")
    print(f"tokens {sum(lengths):,}, through the model {reader.num_tokens:,}: {sum(lengths) / reader.num_tokens:.1f}x")
    for name, seconds in times.items():
        print(f"{name:<7} {len(lengths) / sum(seconds):8.1f} candidates/s")
    tell(f"score {NUM_CANDIDATES} of a problem, {what}", "a padded batch a problem", ratio_of(*times.values()))
    alone = Scorer(VerdictModel(model, tokenizer, cost=Cost(1.0, 0.0, 0)), name="alone")
    exact = [score for p, s in problems[:1] for text in s for score in alone.score(p, [text])]
    print(f"largest difference from one at a time: {largest_drift(ours[: len(exact)], exact):.1e}")
    print(f"in bf16: {largest_drift(in_bf16(model, tokenizer, problems[0]), exact):.1e}")


def timed(score: Score, problem: str, solutions: list[str], times: list[float]) -> list[float | None]:
    start = time.process_time()
    scores = score(problem, solutions)
    times.append(time.process_time() - start)
    return scores


def padded(model: Any, tokenizer: Any, labels: tuple[tuple[int, ...], tuple[int, ...]]) -> Score:
    """What one would write with transformers: all candidates of a problem in one batch, logits everywhere."""

    @torch.inference_mode()
    def score(problem: str, solutions: Sequence[str]) -> list[float | None]:
        prompts = [verdict_prompt(problem, text) for text in solutions]
        inputs = tokenizer(prompts, return_tensors="pt", padding=True, padding_side="right")
        logits = model(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"]).logits
        last = logits[torch.arange(len(prompts)), inputs["attention_mask"].sum(dim=1) - 1]
        scores: list[float | None] = last[:, [labels[0][0], labels[1][0]]].softmax(dim=-1)[:, 0].tolist()
        return scores

    return score


def in_bf16(model: Any, tokenizer: Any, problem: tuple[str, list[str]]) -> list[float | None]:
    scores = Scorer(VerdictModel(model.bfloat16(), tokenizer), name="bf16").score(*problem)
    model.float()
    return scores


def loaded(folder: str) -> tuple[Any, Any]:
    found = load_model(folder, device="cpu", kind="evaluator")
    return found.model, found.tokenizer


def made() -> tuple[Any, Any]:
    """A model of the embedded evaluator's shape; its weights spread wider than new ones do, so that scores differ."""
    rows = arith_problems("train", style="fine", limit=2000)
    tokenizer = train_bpe((f"{row.problem}\n{row.solution}" for row in rows), 2048)
    section = ModelSection(
        architecture="llama",
        hidden_size=192,
        num_layers=6,
        num_heads=3,
        intermediate_size=512,
        max_position_embeddings=768,
        config={"initializer_range": 0.06},
    )
    model: Any = new_model(section, tokenizer, seed=0)
    return model.eval(), tokenizer


def apart(num_problems: int, tokenizer: Any) -> Problems:
    """Texts out of other problems, of which hardly two begin alike; their lengths vary as those of solutions do."""
    rows = arith_problems("train", style="fine", seed=1, limit=2 * num_problems * NUM_CANDIDATES)
    tokens = iter(tokenizer(" ".join(f"{row.problem} {row.solution}" for row in rows))["input_ids"])
    stream = random.Random(0)

    def text(shortest: int, longest: int) -> str:
        piece: str = tokenizer.decode(list(islice(tokens, stream.randint(shortest, longest))))
        return piece

    solutions = (NUM_TOKENS // 2, NUM_TOKENS * 3 // 2)
    return [
        (text(NUM_TOKENS, NUM_TOKENS), [text(*solutions) for _ in range(NUM_CANDIDATES)]) for _ in range(num_problems)
    ]


def slips(num_problems: int) -> Problems:
    """Samples of a generator that mostly slips late: half are right, the others go wrong in one number of a line."""
    problems = []
    for row in arith_problems("train", style="fine", seed=2, limit=num_problems):
        stream = random.Random(row.id)
        lines = (row.solution or "").split("\n")
        problems.append((row.problem, [slip(lines, stream) for _ in range(NUM_CANDIDATES)]))
    return problems


def slip(lines: Sequence[str], stream: random.Random) -> str:
    if stream.random() < 0.5:
        return "\n".join(lines)
    line = stream.randrange(len(lines))
    wrong = lines[line].rpartition(" ")[0] + f" {stream.randrange(100)}"
    return "\n".join([*lines[:line], wrong, *lines[line + 1 :]])


def read(files: Sequence[Path], num_problems: int) -> Problems:
    problems: dict[str, tuple[str, list[str]]] = {}
    for row in read_rows(files):
        problems.setdefault(row.id, (row.problem, []))[1].append(row.generation)
    return list(problems.values())[:num_problems]


if __name__ == "__main__":
    main()
