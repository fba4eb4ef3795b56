"""The figures: inert, alike on every run, readable on any background."""

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoning.answers.policy import Policy
from reasoning.formats.rows import Row
from rerank import plots
from rerank.axes import COLOURS, CSS_COLOURS, LABEL_GAP, spread
from rerank.drawing import Line, lines
from rerank.grading import grade_rows
from rerank.plots import Figure
from rerank.report import Report, build_report, estimate_all
from rerank.svg import INK

DRAWERS = (
    plots.against_samples,
    plots.against_parameter,
    plots.oracles,
    plots.shares,
    plots.difficulty_bars,
    plots.verifier_figures,
    plots.risk,
)


def make_report(*, scored: bool, num_problems: int = 40, num_samples: int = 6) -> Report:
    rows = [
        Row(
            id=str(i),
            sample=j,
            expected_answer="1",
            predicted_answer=str((i * j) % 4),
            reward_model_score=((i + 3 * j) % 11) / 10 if scored else None,
        )
        for i in range(num_problems)
        for j in range(num_samples)
    ]
    graded = grade_rows(rows, workers=1)
    return build_report(graded, estimate_all(graded), policy=Policy())


@pytest.fixture(scope="module")
def figures() -> list[Figure]:
    report = make_report(scored=True)
    return [figure for draw in DRAWERS for figure in draw(report)]


def test_the_papers_figures_and_the_verifiers_are_there(figures: list[Figure]) -> None:
    assert [f.name for f in figures] == [
        "curves", "parameter", "cost", "oracle", "shares", "ratios", "difficulty", "reliability", "roc", "risk",
    ]  # fmt: skip


def test_without_scores_there_are_fewer() -> None:
    report = make_report(scored=False)
    names = [figure.name for draw in DRAWERS for figure in draw(report)]
    assert names == ["curves", "oracle", "shares", "ratios", "difficulty", "risk"]


def test_one_sample_and_one_problem_can_be_drawn() -> None:
    report = make_report(scored=True, num_problems=1, num_samples=1)
    assert [figure.name for draw in DRAWERS for figure in draw(report)][:2] == ["parameter", "cost"]


def test_every_figure_says_what_to_see(figures: list[Figure]) -> None:
    for figure in figures:
        root = ElementTree.fromstring(figure.svg)
        assert root.attrib["role"] == "img"
        assert len(root.attrib["aria-label"]) > 20
        assert len(figure.caption) > 60


def test_the_content_policy_has_nothing_to_refuse(figures: list[Figure]) -> None:
    for figure in figures:
        for element in ElementTree.fromstring(figure.svg).iter():
            assert element.tag.rpartition("}")[2] in {"svg", "g", "defs", "path", "use", "text", "clipPath", "rect"}
            assert "style" not in element.attrib
            assert all(value.startswith("#") for name, value in element.attrib.items() if name == "href")


def test_ids_are_unique_across_figures_and_all_references_resolve(figures: list[Figure]) -> None:
    ids = [found for figure in figures for found in re.findall(r' id="([^"]+)"', figure.svg)]
    assert len(ids) == len(set(ids))
    for figure in figures:
        assert set(re.findall(r'(?:href="|url\()#([^")]+)', figure.svg)) <= set(ids)


def test_colours_follow_the_page(figures: list[Figure]) -> None:
    for figure in figures:
        assert INK not in figure.svg
        assert not re.search(r'(fill|stroke)="#', figure.svg)
        assert "currentColor" in figure.svg
    assert len({COLOURS[name] for name in COLOURS}) >= 7
    assert all(variable.startswith("var(--c") for variable in CSS_COLOURS.values())


def test_the_same_numbers_give_the_same_bytes() -> None:
    line = Line("maj1", "Maj1", ((1, 0.5), (2, 0.6)), ((0.4, 0.6), (0.5, 0.7)))
    first, second = (lines([line], name="x", alt="", x_label="n", y_label="") for _ in range(2))
    assert first == second


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_labels_never_overlap_and_keep_their_order(positions: list[float]) -> None:
    placed = spread(sorted(positions))
    assert all(b - a >= LABEL_GAP - 1e-9 for a, b in pairwise(placed))
    assert placed[-1] <= 1 + 1e-9 or len(positions) == 1
