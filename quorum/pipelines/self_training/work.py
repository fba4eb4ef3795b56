"""What the stages of a round do."""

import itertools
from pathlib import Path

from generator.sampling import SamplingPlan
from generator.self_training.back_translation import BackTranslationSection, new_problems, to_ask, verified
from generator.self_training.grading import graded_rows
from generator.self_training.hints import hinted_problems
from generator.self_training.recipe import KeepSection, SamplingSection, TrialsSection
from generator.self_training.selection import by_problem, kept_rows, weighted
from generator.self_training.trials import problems_of_round, seed_of, still_short
from quorum.pipelines.stages import Settings
from quorum.pipelines.work import sample_problems
from reasoning.config import check_recipe
from reasoning.formats import Row, read_rows, write_rows
from reasoning.formats.write import atomic_file, write_lines
from reasoning.problems import ProblemRow, read_manifest, read_problems

SAMPLES, GRADED, KEPT, WEIGHTED = "samples.jsonl", "graded.jsonl", "kept.jsonl", "weighted.jsonl"
WRITTEN = "problems.jsonl"
HINT_WAVE, WRITTEN_WAVE, QUESTION_WAVE = -1, -2, -3


def draw(settings: Settings, folder: Path) -> None:
    """Sample the problems of a round; of a later wave, those that are short of correct samples; or unsolved ones."""
    sampling = check_recipe(SamplingSection, settings["sampling"], folder.name)
    problems = problems_of_round(_problems(settings), settings["round"], settings["problems_per_round"])
    rows = by_problem(_rows(settings.get("rows")))
    if settings.get("hint") is not None:
        problems = hinted_problems(problems, rows, settings["hint"])
    elif settings["wave"] > 0:
        trials = check_recipe(TrialsSection, settings["trials"], folder.name)
        problems = still_short(problems, rows, trials, num_samples=sampling.num_samples)
    if not problems:
        write_rows([], folder / SAMPLES)
        return
    plan = SamplingPlan(
        num_samples=settings["num_samples"],
        params=sampling.params,
        seed=seed_of(sampling.seed, round_number=settings["round"], wave=settings["wave"]),
        examples=_examples(settings.get("examples")),
        keep_fields=(),
        problems_per_call=sampling.problems_per_call,
    )
    sample_problems(settings["model"], problems, folder / SAMPLES, plan)


def write_problems(settings: Settings, folder: Path) -> None:
    """Ask for questions of solutions, and keep those that are new problems."""
    section = check_recipe(BackTranslationSection, settings["back_translation"], folder.name)
    seed = seed_of(settings["seed"], round_number=settings["round"], wave=QUESTION_WAVE)
    asked = to_ask(by_problem(_rows(settings["rows"])), section, seed=seed)
    if asked:
        plan = SamplingPlan(
            num_samples=1,
            params=section.params,
            seed=seed,
            keep_fields=(),
            problems_per_call=settings["problems_per_call"],
        )
        sample_problems(section.writer, asked, folder / SAMPLES, plan, unit="questions")
    known = {key for path in settings["known"] for key in read_manifest(Path(path))}
    found = new_problems(_rows(str(folder / SAMPLES)) if asked else [], known)
    with atomic_file(folder / WRITTEN) as file:
        write_lines((problem.to_json() for problem in found), file)


def grade(settings: Settings, folder: Path) -> None:
    """Grade samples, and put them behind those of earlier waves, by problem."""
    problems = {problem.id: problem for problem in _problems(settings)}
    rows = by_problem(_rows(settings.get("rows")))
    for row in graded_rows(_rows(settings["samples"]), settings["grading"], problems):
        moved = row.model_copy(update={"sample": row.sample + settings["first_sample"]})
        rows.setdefault(row.id, []).append(moved)
    write_rows(itertools.chain.from_iterable(rows.values()), folder / GRADED)


def select(settings: Settings, folder: Path) -> None:
    """Keep what is learnt from."""
    rows = by_problem(_rows(settings["rows"]))
    if "written" in settings:
        section = check_recipe(BackTranslationSection, settings["back_translation"], folder.name)
        rows |= verified(by_problem(_rows(settings["written"])), section)
    kept = kept_rows(
        rows,
        by_problem(_rows(settings.get("hinted"))),
        check_recipe(KeepSection, settings["keep"], folder.name),
        round_number=settings["round"],
        trials=None if settings["trials"] is None else check_recipe(TrialsSection, settings["trials"], folder.name),
        num_samples=settings["num_samples"],
    )
    write_rows(kept, folder / KEPT)


def weigh(settings: Settings, folder: Path) -> None:
    """Write each kept row as often as its weight says. So these are no sample rows: a key may come twice."""
    keep = check_recipe(KeepSection, settings["keep"], folder.name)
    rows = weighted(_rows(settings["kept"]), keep, round_number=settings["round"])
    with atomic_file(folder / WEIGHTED) as file:
        write_lines((row.to_json() for row in rows), file)


def _problems(settings: Settings) -> list[ProblemRow]:
    path = Path(settings["problems"])
    rows = read_problems([path]) if path.stat().st_size else iter(())  # a writer may have found no new one
    return list(itertools.islice(rows, settings.get("limit")))


def _rows(path: str | None) -> list[Row]:
    """The rows of a file; none where there is no file, or an empty one."""
    if path is None or not Path(path).stat().st_size:
        return []
    return list(read_rows([Path(path)]))


def _examples(path: str | None) -> tuple[tuple[str, str], ...]:
    rows = () if path is None else read_problems([Path(path)])
    return tuple((row.problem, row.solution) for row in rows if row.solution)
