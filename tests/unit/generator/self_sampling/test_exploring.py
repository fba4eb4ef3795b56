"""What is asked of the engine, and what becomes of its texts."""

from pathlib import Path

from generator.self_sampling.buffers import Buffers
from generator.self_sampling.exploring import explore
from generator.self_sampling.problems import TrainingProblem
from generator.self_sampling.recipe import SamplingSection, SelfSamplingRecipe
from reasoning.engines.scripted import Script, ScriptedEngine
from reasoning.prompts import solution_prompt
from tests.sums import TWO, two_problems, unused_recipe

PROMPT = solution_prompt(TWO[0].problem)


def asked(
    script: Script, of: list[TrainingProblem], buffers: Buffers, settings: SelfSamplingRecipe, *, step: int
) -> list[str]:
    return [text for _, text in explore(ScriptedEngine(script), of[:1], buffers, settings, step=step)]


def test_beginnings_are_drawn_evenly_and_completed(tmp_path: Path) -> None:
    of = two_problems(tmp_path)
    buffers = Buffers(of, kind="programs", with_partial=True)
    buffers.add([("p", "a=2\nboom"), ("p", "x=2\ny=3\nboom")])
    prompts: list[str] = []

    def script(prompt: str, seed: int) -> str:
        prompts.append(prompt.removeprefix(PROMPT))
        return "rest"

    texts, settings = [], unused_recipe(Path("unused"))
    for step in range(300):
        texts += asked(script, of, buffers, settings, step=step)
    beginnings = ["", "a=2\n", "x=2\ny=3\n"]
    assert set(prompts) == set(beginnings)
    assert all(70 < prompts.count(beginning) < 130 for beginning in beginnings)
    assert texts == [f"{prompt}rest" for prompt in prompts]


def test_all_samples_of_a_step_complete_the_same_beginning(tmp_path: Path) -> None:
    of = two_problems(tmp_path)
    buffers = Buffers(of, kind="programs", with_partial=True)
    buffers.add([("p", "a=2\nboom")])
    seen: list[tuple[str, int]] = []

    def script(prompt: str, seed: int) -> str:
        seen.append((prompt, seed))
        return "rest"

    settings = unused_recipe(Path("unused"), sampling={"num_samples": 4})
    asked(script, of, buffers, settings, step=3)
    first = list(seen)
    assert (len({prompt for prompt, _ in first}), len({seed for _, seed in first})) == (1, 4)
    asked(script, of, buffers, settings, step=3)
    assert seen[4:] == first  # a resumed run draws the same
    asked(script, of, buffers, settings, step=4)
    assert not {seed for _, seed in seen[8:]} & {seed for _, seed in first}


def test_without_partial_solutions_every_sample_begins_at_nothing(tmp_path: Path) -> None:
    of = two_problems(tmp_path)
    buffers = Buffers(of, kind="programs", with_partial=True)
    buffers.add([("p", "a=2\nboom")])
    settings = unused_recipe(Path("unused"), partial=False)
    script = {PROMPT: ["text"]}
    assert [asked(script, of, buffers, settings, step=step) for step in range(8)] == [["text"]] * 8


def test_a_text_that_was_cut_loses_its_last_line(tmp_path: Path) -> None:
    of = two_problems(tmp_path)
    buffers = Buffers(of, kind="programs", with_partial=True)
    settings = unused_recipe(Path("unused"), sampling={"max_tokens": 3})
    script = {PROMPT: ["n0=2\nn1=3\nanswer=1 + 1"]}
    assert asked(script, of, buffers, settings, step=0) == ["n0=2\nn1=3"]
    assert asked({PROMPT: []}, of, buffers, settings, step=0) == []  # the engine failed


def test_the_papers_setting_is_the_default() -> None:
    assert SamplingSection() == SamplingSection(num_samples=1, temperature=0.8, top_p=1.0, top_k=0, first_step=0)
