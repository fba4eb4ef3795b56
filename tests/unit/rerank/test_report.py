"""The numbers of a report, by hand, and that JSON, Markdown and the page say the same."""

import html
import json
import re
import tracemalloc
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from reasoning.answers.policy import Policy
from reasoning.auroc import auroc_of, quality_intervals
from reasoning.formats.rows import Row
from rerank import plots
from rerank.difficulty import bucket_of, correct_share, rescue_ratio
from rerank.folder import to_json
from rerank.grading import Graded, grade_rows
from rerank.markdown import findings, interval, percent, table, to_markdown
from rerank.naming import title
from rerank.page.render import render_page
from rerank.report import Report, build_report, estimate_all
from rerank.risk import risk_coverage, risk_curves
from rerank.verifier import verifier_quality


def grade(
    answers: Sequence[Sequence[str | None]], scores: Sequence[Sequence[float | None]] = (), **fields: Any
) -> Graded:
    """Problems with these answers each, `1` being right."""
    rows = [
        Row(
            id=f"p{i}",
            sample=j,
            problem=f"What is {i}?",
            expected_answer="1",
            predicted_answer=answer,
            generation="text",
            reward_model_score=scores[i][j] if scores else None,
            **{name: values[i][j] for name, values in fields.items()},
        )
        for i, of_problem in enumerate(answers)
        for j, answer in enumerate(of_problem)
    ]
    return grade_rows(rows, workers=1)


def report_on(graded: Graded, **settings: Any) -> Report:
    estimates = estimate_all(graded, **settings)
    return build_report(graded, estimates, policy=Policy(), **settings)


BY_HAND: list[list[str | None]] = [["1", "1", "2"], ["1", "2", "2"], ["1", "2", None], ["3", None, None]]


def test_values_by_hand() -> None:
    report = report_on(grade(BY_HAND), ks=(1, 2), top_ns=(2,))
    values = {title(m.name, m.n, m.k): m.value for m in report.metrics}
    assert values == pytest.approx(
        {
            "Pass@1": (2 / 3 + 1 / 3 + 1 / 3 + 0) / 4,
            "First@1": 3 / 4,
            "Maj1@3": (1 + 0 + 1 / 2 + 0) / 4,  # the tie of the third problem is split
            "Pass@3": 3 / 4,
            "MajK=1@3": (1 + 0 + 1 / 2 + 0) / 4,
            "Maj2@3": 3 / 4,
        }
    )
    assert (report.num_problems, report.num_unextracted, report.num_unknown) == (4, 3, 0)
    assert report.num_samples == {"min": 3, "mean": 3.0, "max": 3}
    assert report.correct_shares == pytest.approx((2 / 3, 1 / 3, 1 / 3, 0))
    assert report.rescue_ratios == pytest.approx((1 / 2, 1))
    assert [(b.name, b.num_problems) for b in report.difficulty] == [
        ("easy", 0),
        ("medium", 1),
        ("hard", 2),
        ("very hard", 1),
    ]
    assert dict(report.top_k_share) == pytest.approx({1: 6 / 12, 2: 9 / 12})


def test_json_has_the_shape_that_other_programs_rely_on() -> None:
    content = json.loads(to_json(report_on(grade(BY_HAND))))
    assert content.keys() >= {
        "num_problems", "num_samples", "num_unextracted", "num_unknown", "metrics", "curves", "comparisons",
        "settings", "warnings", "source",
    }  # fmt: skip
    for metric in (*content["metrics"], *(p for c in content["curves"] for p in c["points"])):
        assert metric.keys() >= {"n", "k", "value", "low", "high", "estimator"}
        assert 0 <= metric["low"] <= metric["value"] <= metric["high"] <= 1
    for comparison in content["comparisons"]:
        assert comparison.keys() >= {
            "a", "b", "n", "difference", "low", "high", "p_value", "p_adjusted", "verdict",
        }  # fmt: skip
        assert comparison["verdict"] in ("better", "worse", "tied")
    assert content["settings"]["policy"] == Policy().as_dict()


def misled(num_problems: int = 60) -> Graded:
    """The vote is always right, and the scores always prefer the one wrong sample."""
    return grade([["1", "1", "1", "2"]] * num_problems, [[0.4, 0.5, 0.3, 0.9]] * num_problems)


def test_it_says_plainly_when_reranking_hurts() -> None:
    report = report_on(misled(), ks=(3,))
    verdicts = {(c.a, c.b): c.verdict for c in report.comparisons}
    assert verdicts["rr.all", "maj1"] == "worse"
    assert verdicts["w.rr", "maj1"] == "tied"  # 0.4 + 0.5 + 0.3 outweigh 0.9
    hurts = [s for s in findings(report) if s.startswith("**Reranking by these scores hurts**")]
    assert len(hurts) == 1
    assert "RR.All@4 (-100.0 points, p < 0.001)" in hurts[0]
    assert "W.RR@4" not in hurts[0]


def test_it_says_when_the_first_sample_beats_the_vote() -> None:
    report = report_on(grade([["1", "2", "2"]] * 40))
    assert any(s.startswith("**The majority vote loses to the first sample**: -100.0 points") for s in findings(report))


def test_it_says_when_the_vote_is_tied_with_the_first_sample() -> None:
    """One sample is right two times in three and the vote always, but the first sample always too."""
    report = report_on(grade([["1", "1", "2"]] * 60))
    assert ": better by" in findings(report)[0]
    assert findings(report)[1] == (
        "The majority vote is tied with the first sample of each problem, which is right 100.0% of the time: "
        "+0.0 points, p = 1.000."
    )
    assert not any("first sample" in s for s in findings(report_on(grade([["1"], ["2"]]))))
    beats = grade([["2", "1", "1"]] * 60)
    assert not any("first sample" in s for s in findings(report_on(beats)))


def test_one_of_a_kind_is_singular() -> None:
    report = report_on(grade([["1"]]))
    for text in (to_markdown(report), render_page(report, grade([["1"]]))):
        assert "1 problem, 1 sample each" in text
        assert not re.search(r"\b1 (?:problem|sample|comparison)s\b", text)


def test_every_strategy_is_compared_with_the_vote_and_the_first_sample() -> None:
    report = report_on(misled(), ks=(3, 8))
    strategies = ["rr.all", "rr.majk", "rr.majk", "w.rr", "w.rr.majk", "w.rr.majk", "maj1.topn"]
    assert sorted(c.a for c in report.comparisons if c.b == "maj1") == sorted(strategies)
    assert sorted(c.a for c in report.comparisons if c.b == "first") == sorted([*strategies, "maj1"])
    assert [(c.a, c.n, c.b_n) for c in report.comparisons if c.b == "pass"] == [("maj1", 4, 1)]
    assert all(c.p_adjusted >= c.p_value for c in report.comparisons)


def test_without_scores_it_says_what_is_left_out() -> None:
    report = report_on(grade(BY_HAND))
    assert not report.has_scores
    assert report.verifier is None
    assert {m.name for m in report.metrics} == {"pass", "first", "maj1", "majk"}
    assert any("`reward_model_score`" in sentence for sentence in findings(report))


def test_a_model_that_is_not_named_is_no_other_model() -> None:
    assert report_on(grade(BY_HAND, model=[["m", None, "m"]] * 4)).warnings == ()


def test_figures_of_all_samples_say_so_where_n_is_smaller() -> None:
    report = report_on(grade([["1", "2", "1"], ["1", "2"]] * 12, [[0.5, 0.4, 0.3], [0.6, 0.7]] * 12))
    figures = [f for draw in (plots.against_parameter, plots.shares, plots.difficulty_bars) for f in draw(report)]
    said = {f.name for f in figures if "Problems have 2 to 3 samples" in f.caption}
    assert said == {"cost", "shares", "ratios", "difficulty"}
    assert any("uses all samples of each problem" in w for w in report.warnings)


def test_samples_of_several_models_are_noticed() -> None:
    one = report_on(grade(BY_HAND, model=[["m", "m", "m"]] * 4))
    several = report_on(grade(BY_HAND, model=[["m", "n", "m"]] * 4))
    assert one.warnings == ()
    assert "in 4 of 4 problems they name several models" in several.warnings[0]
    assert several.warnings[0] in to_markdown(several)


def test_missing_scores_and_unequal_numbers_of_samples_are_noticed() -> None:
    warnings = report_on(grade([["1", "2"], ["1"]], [[0.5, None], [float("nan")]])).warnings
    assert any("values stop at n = 1" in w for w in warnings)
    assert any(w.startswith("Samples without a score: 2, of which NaN: 1.") for w in warnings)


def test_pass_at_1_is_the_greedy_value_where_there_is_one_and_says_so() -> None:
    answers = [["1", "2", "1"], ["2", "2", "1"]]
    report = report_on(grade(answers, temperature=[[0.6, 0.6, 0.0]] * 2))
    values = {title(m.name, m.n, m.k): (m.value, m.estimator) for m in report.metrics}
    assert values["Pass@1"] == (1.0, "greedy")
    assert values["Mean@1"] == (0.25, "exact")
    curve = next(c for c in report.curves if c.name == "pass")
    assert [(p.n, p.value) for p in curve.points] == [(1, 0.25), (2, 0.5)]
    assert findings(report)[0].startswith("The greedy sample is right 100.0% of the time")
    assert "| greedy sample " in table(report)
    assert "| exact, mean over samples |" in table(report_on(grade(answers)))


def test_an_oracle_at_one_sample_is_in_no_comparison() -> None:
    report = report_on(grade([["1"], ["2"]]), ks=(3, 5))
    assert {c.a for c in report.comparisons} == {"maj1"}


def test_the_three_forms_agree() -> None:
    graded = grade(
        [["1", "2", "1", None], ["2", "2", "1", "3"], ["1", "1", "1", "1"]] * 8,
        [[0.9, 0.2, 0.8, 0.1], [0.4, 0.6, 0.7, 0.1], [0.5, 0.6, 0.7, 0.8]] * 8,
    )
    report = report_on(graded, ks=(2,), top_ns=(2,))
    content, markdown = json.loads(to_json(report)), to_markdown(report)
    page = html.unescape(re.sub(r"<[^>]+>", "|", render_page(report, graded)))
    rows = {
        cells[1].strip(): [c.strip() for c in cells] for cells in (x.split("|") for x in table(report).splitlines())
    }
    assert len(content["metrics"]) == len(rows) - 2
    for metric in content["metrics"]:
        name = title(metric["name"], metric["n"], metric["k"])
        value, spread = percent(metric["value"]), interval(metric["low"], metric["high"])
        assert rows[name][4:6] == [value, spread]
        assert re.search(rf"\|{re.escape(name)}\|+[^|]+\|+{value}\|+{spread}\|", page), name
    for comparison in content["comparisons"]:
        if comparison["b"] == "maj1":
            row = rows[title(comparison["a"], comparison["n"], comparison["k"])]
            shown = f"{comparison['verdict']}, {100 * comparison['difference']:+.1f}"
            assert row[6].startswith(shown)
            assert f"|{row[6]}|" in page
    for sentence in findings(report):
        assert f"- {sentence}" in markdown


def test_the_same_rows_give_the_same_bytes() -> None:
    first, second = misled(), misled()
    assert to_json(report_on(first)) == to_json(report_on(second))
    assert render_page(report_on(first), first) == render_page(report_on(second), second)


@pytest.mark.parametrize(
    ("share", "name"),
    [
        (1.0, "easy"),
        (0.75, "easy"),
        (0.74, "medium"),
        (0.5, "medium"),
        (0.25, "hard"),
        (0.24, "very hard"),
        (0, "very hard"),
    ],
)
def test_a_share_on_an_edge_belongs_to_the_easier_bucket(share: float, name: str) -> None:
    assert bucket_of(share) == name


@pytest.mark.parametrize(
    ("answers", "ratio"),
    [
        (["1", "1", "2"], None),
        (["2", "2", "1"], 1 / 2),
        (["2", "1"], 1.0),
        (["2", None], None),
        ([None], None),
        (["2", "2", "2", "3", "3", "1"], 1 / 3),
    ],
)
def test_rescue_ratio(answers: list[str | None], ratio: float | None) -> None:
    (problem,) = grade([answers]).problems
    assert rescue_ratio(problem) == ratio


def test_a_sample_without_an_answer_is_not_correct() -> None:
    assert correct_share(grade([["2", None]]).problems[0]) == 0


def test_verifier_quality_against_scikit_learn() -> None:
    from sklearn.metrics import brier_score_loss, roc_auc_score

    generator = np.random.default_rng(0)
    correct = generator.random((50, 8)) < generator.random((50, 1))
    scores = np.round(np.clip(correct * 0.3 + generator.random((50, 8)) * 0.7, 0, 1), 1)
    graded = grade([["1" if c else "2" for c in of_problem] for of_problem in correct], scores.tolist())
    quality = verifier_quality(graded.problems)
    assert quality is not None
    order = [int(p.problem.id[1:]) for p in graded.problems]
    correct, scores = correct[order], scores[order]
    mixed = [i for i in range(50) if 0 < correct[i].sum() < 8]
    assert quality.auroc == pytest.approx(roc_auc_score(correct.ravel(), scores.ravel()))
    assert quality.auroc_within == pytest.approx(np.mean([roc_auc_score(correct[i], scores[i]) for i in mixed]))
    assert quality.num_within == len(mixed)
    assert quality.brier == pytest.approx(brier_score_loss(correct.ravel(), scores.ravel()))
    assert quality.roc[0] == (0, 0)
    assert quality.roc[-1] == (1, 1)
    assert sum(b.count for b in quality.bins) == quality.num_scored == 400


def test_a_verifier_that_only_knows_which_problems_are_hard() -> None:
    graded = grade([["1", "1", "1", "2"]] * 10 + [["1", "2", "2", "2"]] * 10, [[0.8] * 4] * 10 + [[0.2] * 4] * 10)
    quality = verifier_quality(graded.problems)
    assert quality is not None
    assert quality.auroc == pytest.approx(0.75)
    assert quality.auroc_within == 0.5
    assert any("which problems are hard" in s for s in findings(report_on(graded)))


def test_calibration_by_hand() -> None:
    quality = verifier_quality(grade([["1", "2", "1", "1"]], [[0.92, 0.98, 0.25, 1.0]]).problems)
    assert quality is not None
    assert [(b.low, b.count) for b in quality.bins] == [(0.2, 1), (0.9, 3)]
    assert quality.ece == pytest.approx((1 * (1 - 0.25) + 3 * abs((0.92 + 0.98 + 1) / 3 - 2 / 3)) / 4)
    assert quality.brier == pytest.approx((0.08**2 + 0.98**2 + 0.75**2 + 0) / 4)


def test_intervals_of_the_scores_are_those_of_recomputed_resamples() -> None:
    """Each resample again by hand, with scikit-learn, from the same stream."""
    from sklearn.metrics import roc_auc_score

    generator = np.random.default_rng(1)
    correct = generator.random((12, 5)) < generator.random((12, 1))
    scores = np.round(np.clip(correct * 0.3 + generator.random((12, 5)) * 0.7, 0, 1), 1)
    found = quality_intervals(list(zip(scores, correct, strict=True)), seed=0)
    drawn = np.random.default_rng(0).integers(12, size=(1000, 12))
    aurocs = [roc_auc_score(correct[rows].ravel(), scores[rows].ravel()) for rows in drawn]
    briers = [((scores[rows] - correct[rows]) ** 2).mean() for rows in drawn]
    assert found["auroc"] == pytest.approx(tuple(np.quantile(aurocs, [0.025, 0.975])))
    assert found["brier"] == pytest.approx(tuple(np.quantile(briers, [0.025, 0.975])))
    mixed = [roc_auc_score(c, s) if 0 < c.sum() < 5 else np.nan for c, s in zip(correct, scores, strict=True)]
    within = [np.nanmean(np.array(mixed)[rows]) for rows in drawn]
    assert found["auroc_within"] == pytest.approx(tuple(np.quantile(within, [0.025, 0.975])))


def test_auroc_of_many_samples_takes_little_memory() -> None:
    scores = np.arange(20_000) / 20_000
    tracemalloc.start()
    assert auroc_of(scores, scores >= 0.5) == 1.0
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20e6


def test_one_kind_of_sample_has_no_auroc() -> None:
    quality = verifier_quality(grade([["1", "1"]], [[0.1, 0.9]]).problems)
    assert quality is not None
    assert (quality.auroc, quality.auroc_within, quality.roc) == (None, None, ())
    assert quality.intervals.keys() == {"brier"}
    assert quality.num_bins == 10


def test_one_answer_out_of_many_samples_is_no_confident_vote() -> None:
    graded = grade([["1", None, None, None], ["2", "2", "2", "1"]])
    assert dict(risk_curves(graded.problems)["maj1"]) == {0.5: 1.0, 1.0: 0.5}


def test_risk_coverage_takes_ties_together() -> None:
    curve = risk_coverage([0.9, 0.5, 0.5, 0.1], [0, 1, 0, 1])
    assert dict(curve) == pytest.approx({0.25: 0, 0.75: 1 / 3, 1: 0.5})
