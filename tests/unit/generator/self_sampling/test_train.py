"""A run: what it learns, samples, keeps and reports; interrupted, it ends with the same bytes."""

import gzip
import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM

from generator.self_sampling import train as module
from generator.self_sampling.problems import load_training_problems
from generator.self_sampling.recipe import SelfSamplingRecipe
from generator.self_sampling.solution import Solution, program_key
from generator.self_sampling.tokens import Tokens, split_groups
from reasoning.config import check_recipe
from reasoning.engines import Request, SamplingParams
from reasoning.engines.loading import load_model
from reasoning.engines.transformers_engine import TransformersEngine
from reasoning.errors import InputError
from reasoning.formats import read_rows
from reasoning.model_folder import read_card
from reasoning.prompts import solution_prompt
from reasoning.training.progress import seed_step
from tests.sums import sums, write_recipe
from tests.tiny_models import tiny_tokenizer

EVALUATION = {"every": 30, "num_samples": 10, "max_tokens": 40}


def train(recipe: dict[str, Any], folder: Path, **changes: Any) -> Path:
    return module.train(check_recipe(SelfSamplingRecipe, {**recipe, **changes}, "recipe"), folder)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("self-sampling")
    recipe = write_recipe(folder)
    return folder, {**recipe, "evaluation": {"path": str(folder / "test.jsonl"), **EVALUATION}}


@pytest.fixture(scope="module")
def run(start: tuple[Path, dict[str, Any]]) -> Path:
    """One whole run."""
    folder, recipe = start
    train(recipe, folder / "run")
    return folder / "run"


def test_it_learns_and_finds_solutions_of_its_own(run: Path) -> None:
    metrics = lines(run / "metrics.jsonl")
    steps = [line for line in metrics if "loss" in line]
    assert [line["step"] for line in steps] == [10, 20, 30, 40, 50, 60]
    assert steps[-1]["loss"] < steps[0]["loss"] / 3
    assert steps[2]["samples/failed"] + steps[2]["samples/wrong"] == 0  # nothing was sampled yet
    last = steps[-1]
    assert sum(count for name, count in last.items() if name.startswith("samples/")) == 30 * 12 * 2
    assert last["samples/new_correct"] > 0
    assert last["correct_per_problem"] == 1 + (last["samples/new_correct"]) / 24
    assert last["partial_per_problem"] <= last["samples/new_partial"] / 24
    assert all(math.isfinite(value) for line in metrics for value in line.values())


def test_its_buffers_are_in_one_readable_file(run: Path) -> None:
    records = lines(run / "buffers.jsonl")
    assert [record["task_id"] for record in records] == [row.id for row in sums(24)]
    assert [record["saved_fcp_programs"][0] for record in records] == [row.program for row in sums(24)]
    last = lines(run / "metrics.jsonl")[-2]
    assert sum(len(record["saved_fcp_programs"]) for record in records) == 24 * last["correct_per_problem"]
    assert sum(len(record["saved_pcp_programs"]) - 1 for record in records) == 24 * last["partial_per_problem"]


def test_it_is_evaluated_and_the_best_step_becomes_the_model(run: Path) -> None:
    found = [line for line in lines(run / "metrics.jsonl") if "pass@1" in line]
    assert [line["step"] for line in found] == [30, 60]
    assert set(found[0]) == {"step", "validation_accuracy", "share_unique", "pass@1", "pass@5", "pass@10"}
    assert all(line["pass@1"] <= line["pass@5"] <= line["pass@10"] <= 1 for line in found)
    assert all(0.1 <= line["share_unique"] <= 1 for line in found)
    card = read_card(run / "model")
    assert card is not None
    assert card.figures is not None
    best = max(found, key=lambda line: (line["validation_accuracy"], line["step"]))
    assert card.figures["best_step"] == best["step"]
    exported = run / "exports" / f"step-{best['step']:08d}" / "model.safetensors"
    assert (run / "model" / "model.safetensors").read_bytes() == exported.read_bytes()
    rows = list(read_rows([run / "evaluations" / "step-00000060.jsonl.gz"]))
    assert len(rows) == 6 * 11
    share = sum(bool(row.symbolic_correct) for row in rows if row.sample < 10) / 60
    assert share == pytest.approx(found[1]["pass@1"])


def test_the_report_has_every_part(run: Path) -> None:
    report = json.loads((run / "report" / "report.json").read_text())
    assert [line["step"] for line in report["evaluations"]] == [30, 60]
    for line in report["outcomes"]:
        assert sum(share for name, share in line.items() if name not in ("step", "num_samples")) == pytest.approx(1)
    assert [line["num_samples"] for line in report["outcomes"]] == [240, 240, 240]
    assert report["examples"][0]["correct"] or report["examples"][0]["partial"]
    page = (run / "report" / "report.md").read_text()
    for title in ("## pass@k by step", "## Solutions of a problem", "## What the samples were", "## Examples"):
        assert title in page
    assert (run / "report" / "training.svg").read_text().startswith("<?xml")


def test_interrupted_anywhere_it_ends_with_the_same_bytes(
    run: Path, start: tuple[Path, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, recipe = start
    for moment in (33, 57):  # after the checkpoints of steps 30 and 40

        def interrupted(*, seed: int, step: int, rank: int, moment: int = moment) -> None:
            if step == moment:
                raise KeyboardInterrupt
            seed_step(seed=seed, step=step, rank=rank)

        monkeypatch.setattr(module, "seed_step", interrupted)
        with pytest.raises(KeyboardInterrupt):
            train(recipe, folder / "resumed")
    monkeypatch.undo()
    train(recipe, folder / "resumed")
    for name in ("buffers.jsonl", "model/model.safetensors", "evaluations/step-00000060.jsonl.gz"):
        assert (folder / "resumed" / name).read_bytes() == (run / name).read_bytes(), name
    same = ("loss", "samples/new_correct", "samples/known_partial", "pass@10")
    for one, other in zip(lines(run / "metrics.jsonl"), lines(folder / "resumed" / "metrics.jsonl"), strict=True):
        assert {name: one.get(name) for name in same} == {name: other.get(name) for name in same}


def test_mle_learns_references_alone_and_samples_nothing(start: tuple[Path, dict[str, Any]]) -> None:
    folder, recipe = start
    changes = {"objective": "mle", "evaluation": None, "run": {"max_steps": 1, "log_every": 1}}
    train(recipe, folder / "mle", batch={"problems": 24}, **changes)
    [line] = lines(folder / "mle" / "metrics.jsonl")
    assert line["loss"] == pytest.approx(reference_loss(folder, recipe), rel=1e-5)
    assert sum(value for name, value in line.items() if name.startswith("samples/")) == 0


def reference_loss(folder: Path, recipe: dict[str, Any]) -> float:
    """-log p(reference), end-of-sequence included, as a mean over problems, one at a time by transformers."""
    model: Any = AutoModelForCausalLM.from_pretrained(folder / "start", dtype=torch.float32)
    tokenizer = tiny_tokenizer()
    losses: list[float] = []
    for row in sums(24):
        prompt = tokenizer(solution_prompt(row.problem))["input_ids"]
        completion = [*tokenizer(row.program, add_special_tokens=False)["input_ids"], tokenizer.eos_token_id]
        ids = torch.tensor([prompt + completion])
        with torch.no_grad():
            logprobs = model(input_ids=ids).logits[0, :-1].log_softmax(dim=-1)
        losses.append(-logprobs.gather(1, ids[0, 1:, None])[len(prompt) - 1 :].sum().item())
    return sum(losses) / len(losses)


@pytest.mark.parametrize("objective", ["mle-aug", "mml", "beta-mml"])
def test_small_batches_add_up_to_the_same_step(objective: str, start: tuple[Path, dict[str, Any]], run: Path) -> None:
    folder, recipe = start
    found = []
    for tokens in (64, 100_000):
        name = f"{objective}-{tokens}"
        changes: dict[str, Any] = {"objective": objective, "evaluation": None, "buffers": str(run / "buffers.jsonl")}
        changes |= {"batch": {"problems": 24, "micro_tokens": tokens}, "run": {"max_steps": 1, "log_every": 1}}
        train(recipe, folder / name, **changes)
        found.append(lines(folder / name / "metrics.jsonl")[0])
        assert found[-1]["correct_per_problem"] > 1
    assert found[0]["loss"] == pytest.approx(found[1]["loss"], rel=1e-5)
    assert found[0]["gradient_norm"] == pytest.approx(found[1]["gradient_norm"], rel=1e-4)


def test_what_is_sampled_from_is_the_model_in_training(
    start: tuple[Path, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Greedy completions within the last step are those of the weights that the step before it left."""
    folder, recipe = start
    prompts = [solution_prompt(row.problem) for row in sums(4)]
    seen: list[list[str]] = []

    def spy(sampler: TransformersEngine, *args: Any, **kwargs: Any) -> list[Any]:
        assert not sampler.model.training
        seen.append(greedy(sampler, prompts))
        return []

    monkeypatch.setattr(module, "explore", spy)
    short = {"evaluation": None, "lora": {"rank": 4}, "sampling": {}}
    train(recipe, folder / "two", **short, run={"max_steps": 2})
    train(recipe, folder / "three", **short, run={"max_steps": 3})
    after_two = TransformersEngine(load_model(str(folder / "two" / "model")))
    assert seen[4] == greedy(after_two, prompts)
    assert seen[4] != seen[3]


def greedy(sampler: TransformersEngine, prompts: list[str]) -> list[str]:
    requests = [Request(prompt, (0,)) for prompt in prompts]
    found = sorted(sampler.sample(requests, SamplingParams(0.0, max_tokens=12)), key=lambda c: c.request)
    return [completion.text for completion in found]


def test_words_are_learned_without_programs(start: tuple[Path, dict[str, Any]]) -> None:
    folder, recipe = start
    changes = {"solutions": "words", "partial": False, "evaluation": None, "sampling": {"max_tokens": 8}}
    train(recipe, folder / "words", **changes, run={"max_steps": 2, "log_every": 1})
    records = lines(folder / "words" / "buffers.jsonl")
    assert [record["saved_fcp_programs"][0] for record in records] == [row.solution for row in sums(24)]
    assert sum(sum(record["outcomes"].values()) for record in records) == 24


def test_a_model_that_writes_no_solutions_is_noticed_early(
    start: tuple[Path, dict[str, Any]], run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, recipe = start
    train(recipe, folder / "short", evaluation=None, sampling={"max_tokens": 1}, run={"max_steps": 2, "log_every": 1})
    assert "samples so far failed: expected a model that writes such solutions already" in capsys.readouterr().err


def test_samples_are_drawn_in_the_precision_of_the_training(start: tuple[Path, dict[str, Any]]) -> None:
    folder, recipe = start
    changes = {"evaluation": None, "sampling": {"max_tokens": 8}}
    run = {"max_steps": 2, "log_every": 1, "precision": "bf16"}
    train(recipe, folder / "bf16", **changes, run=run)
    records = lines(folder / "bf16" / "buffers.jsonl")
    assert sum(sum(record["outcomes"].values()) for record in records) == 24


def test_a_partial_solution_has_a_line_end_and_no_end_of_sequence(start: tuple[Path, dict[str, Any]]) -> None:
    _, recipe = start
    problem = load_training_problems(check_recipe(SelfSamplingRecipe, recipe, "r"), apart_from=[])[0]
    tokenizer = tiny_tokenizer()
    tokens = Tokens(tokenizer, max_tokens=None)
    steps = ("a=1", "b=2")
    partial = Solution(steps, tuple(map(program_key, steps)))
    (prompt, whole), (again, begun) = tokens.pairs(problem, [problem.reference], [partial])
    assert prompt == again == tokenizer(solution_prompt(problem.text))["input_ids"]
    assert whole == [*tokenizer(problem.reference.text)["input_ids"], tokenizer.eos_token_id]
    assert begun == tokenizer("a=1\nb=2\n")["input_ids"]
    assert tokens.pairs(problem, [], []) == []
    few = Tokens(tokenizer, max_tokens=len(prompt) + len(begun))
    assert [completion for _, completion in few.pairs(problem, [problem.reference], [partial])] == [begun]


def test_a_problems_solutions_stay_in_one_batch() -> None:
    groups = [[40, 40], [10], [30, 20], [200, 200, 200], [33]]
    batches = split_groups(groups, tokens=200)
    assert sorted(group for batch in batches for group in batch) == [0, 1, 2, 3, 4]
    assert batches == [[1, 2], [4, 0], [3]]  # rows are 32, 64 and 224 wide


def test_what_a_recipe_cannot_be(start: tuple[Path, dict[str, Any]]) -> None:
    _, recipe = start
    for changes, message in (
        ({"solutions": "words"}, "partial: expected false for words"),
        ({"model": {"architecture": "llama"}}, "expected `from`, found new weights"),
        ({"beta": 1.5}, "less than or equal to 1"),
        ({"objective": "mle_aug"}, "'mle-aug'"),
    ):
        with pytest.raises(InputError, match=message):
            check_recipe(SelfSamplingRecipe, {**recipe, **changes}, "recipe")


def test_evaluations_are_compressed_without_a_time(run: Path) -> None:
    assert gzip.decompress((run / "evaluations" / "step-00000030.jsonl.gz").read_bytes()).count(b"\n") == 66
