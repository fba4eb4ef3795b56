"""The page's file: self-contained, and generated text in it inert."""

import base64
import hashlib
import json
import re
import tomllib
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoning.answers.policy import Policy
from reasoning.formats.rows import Row
from rerank.grading import Graded, grade_rows
from rerank.page.mathml import ALLOWED_ATTRIBUTES, ALLOWED_TAGS, MAX_LATEX, Formulas, MathTree, to_mathml
from rerank.page.problems import page_data, to_script_json
from rerank.page.render import render_page
from rerank.report import build_report, estimate_all

HOSTILE = (
    "<img src=x onerror=alert(1)> </script><script>alert(2)</script> <!--<script> ]]> "
    r"$\href{javascript:alert(3)}{x}$ $\text{<svg onload=alert(4)>}$ \boxed{\style{background:url(//evil)}{5}}"
)


def grade(generation: str = "text", answer: str = "1", **options: Any) -> Graded:
    rows = [
        Row(
            id="p",
            sample=i,
            problem=f"Why? {generation}",
            expected_answer="1",
            generation=generation,
            predicted_answer=answer,
        )
        for i in range(3)
    ]
    return grade_rows(rows, workers=1, **options)


def render(graded: Graded) -> str:
    return render_page(build_report(graded, estimate_all(graded), policy=Policy()), graded)


class _Page(HTMLParser):
    """Elements with their attributes, and what stands inside script and style."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.raw: dict[str, list[str]] = {"script": [], "style": []}
        self._open: str | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._open = tag if tag in self.raw else self._open

    def handle_endtag(self, tag: str) -> None:
        self._open = None if tag == self._open else self._open

    def handle_data(self, data: str) -> None:
        if self._open:
            self.raw[self._open].append(data)


def test_the_page_needs_nothing_else() -> None:
    for tag, attributes in _Page(render(grade())).elements:
        assert tag not in {"link", "iframe", "object", "embed", "img", "base", "audio", "video", "source"}
        assert "src" not in attributes
        assert "style" not in attributes
        assert not any(name.startswith("on") for name in attributes)
        assert attributes.get("href", "#").startswith("#")  # type: ignore[union-attr]


def test_the_content_policy_allows_only_this_style_and_script() -> None:
    page = _Page(render(grade()))
    policy = next(a["content"] for tag, a in page.elements if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    data, script = page.raw["script"]
    (style,) = page.raw["style"]
    for text in (script, style):
        assert base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() in policy
    json.loads(data)


def test_hostile_text_adds_no_element() -> None:
    harmless, hostile = _Page(render(grade("text", "5"))), _Page(render(grade(HOSTILE, "<b onclick=alert(5)>5")))
    assert [tag for tag, _ in hostile.elements] == [tag for tag, _ in harmless.elements]
    assert len(hostile.raw["script"]) == 2


def test_hostile_text_arrives_whole() -> None:
    data = json.loads(_Page(render(grade(HOSTILE))).raw["script"][0])
    (problem,) = data["problems"]
    shown = "".join(s if isinstance(s, str) else data["formulas"][s][0] for s in problem["samples"][0][4])
    assert shown == HOSTILE.replace(r"$\text{<svg onload=alert(4)>}$", r"\text{<svg onload=alert(4)>}")


@given(st.text(st.characters(), max_size=60))
def test_script_json_is_json_without_markup(text: str) -> None:
    written = to_script_json([text])
    assert not re.search("[<>&\u2028\u2029]", written)
    assert json.loads(written) == [text.encode("utf-8", "replace").decode()]


def test_script_json_survives_lone_surrogates() -> None:
    assert json.loads(to_script_json("a\ud800b")) == "a?b"


@pytest.mark.parametrize(
    ("latex", "tree"),
    [
        (r"\frac{1}{2}", ["math", ["mfrac", ["mn", "1"], ["mn", "2"]]]),
        ("x^2", ["math", ["msup", ["mi", "x"], ["mn", "2"]]]),
        (r"\text{<b>}", ["math", ["mtext", "<b>"]]),
        (r"\text{&lt;b&gt;}", ["math", ["mtext", "<b>"]]),
        (r"\color{red}{x}", ["math", ["mstyle", ["mi", "x"]]]),
    ],
)
def test_formulas_become_trees(latex: str, tree: MathTree) -> None:
    assert to_mathml(latex) == tree


@pytest.mark.parametrize(
    "latex",
    [
        r"\href{javascript:alert(1)}{x}",
        r"\style{color:red}{x}",
        r"\class{a}{x}",
        r"\def\a{\a\a}\a",
        r"\newcommand{\a}{b}\a",
        r"\frac{1}",
        r"\unheardof",
        r"\left(x",
        "{" * 300,
        "x" * (MAX_LATEX + 1),
        "",
    ],
)
def test_what_does_not_convert_stays_text(latex: str) -> None:
    formulas = Formulas()
    text = f"${latex}$"
    assert formulas.segments(text) == [text]
    assert formulas.entries == []


@pytest.mark.parametrize(
    ("latex", "tree"),
    [
        (r"\hspace{9999999em}", ["math", ["mspace"]]),
        (r"\hspace{99cm}", ["math", ["mspace"]]),
        (r"\rule{9999em}{9999em}", ["math", ["mspace"]]),
        (r"\raise 99999em x", ["math", ["mpadded", ["mi", "x"]]]),
        (r"{a \above 99em b}", ["math", ["mfrac", ["mi", "a"], ["mi", "b"]]]),
        (r"\quad", ["math", ["mspace", {"width": "1em"}]]),
        (r"\Bigg|", ["math", ["mo", {"maxsize": "2.470em", "minsize": "2.470em"}, "|"]]),
        (
            r"\raise 0.5em x",
            ["math", ["mpadded", {"depth": "-0.5em", "height": "+0.5em", "voffset": "0.5em"}, ["mi", "x"]]],
        ),
    ],
)
def test_lengths_are_bounded(latex: str, tree: MathTree) -> None:
    assert to_mathml(latex) == tree


@given(
    st.lists(
        st.sampled_from([*"\\{}$^_&<>()[]ab12 ", "\\frac", "\\href", "\\text", "\\sqrt", "\\color"]), max_size=40
    ).map("".join)
)
def test_trees_hold_only_allowed_nodes(latex: str) -> None:
    tree = to_mathml(latex)
    pending = [] if tree is None else [tree]
    while pending:
        tag, *rest = pending.pop()
        assert tag in ALLOWED_TAGS
        for part in rest:
            if isinstance(part, list):
                pending.append(part)
            elif isinstance(part, dict):
                assert part.keys() <= ALLOWED_ATTRIBUTES
            else:
                assert isinstance(part, str)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It costs $5 and $6 now.", []),
        ("From $5-$10, or $5/$6.", []),
        ("She paid $5 for lunch and 6$ for tea", []),
        ("US$5 and x$", []),
        (r"escaped \$x\$", []),
        ("So $x=5$, or $5$.", ["x=5", "5"]),
        ("A $$y^2$$ B", ["y^2"]),
        (r"\(a\) and \[b\]", ["a", "b"]),
        (r"is \boxed{\frac{1}{2}}.", [r"\boxed{\frac{1}{2}}"]),
        (r"$\$5 + x$", [r"\$5 + x"]),
        (r"unclosed \boxed{1", []),
    ],
)
def test_which_delimiters_open_a_formula(text: str, found: list[str]) -> None:
    formulas = Formulas()
    segments = formulas.segments(text)
    assert [formulas.entries[s][0] for s in segments if isinstance(s, int)] == found
    if not found:
        assert segments == [text]


@given(st.lists(st.sampled_from([*"$\\[](){}ab 1", "\\boxed{", "\\(", "\\)"]), max_size=60).map("".join))
def test_segments_lose_nothing_but_delimiters(text: str) -> None:
    formulas = Formulas()
    pattern = "".join(
        re.escape(s)
        if isinstance(s, str)
        else rf"(?:\$\$?|\\[(\[]|){re.escape(formulas.entries[s][0])}(?:\$\$?|\\[)\]]|)"
        for s in formulas.segments(text)
    )
    assert re.fullmatch(pattern, text)


def test_a_formula_is_converted_once() -> None:
    formulas = Formulas()
    assert formulas.segments("$x$ and $x$ and $$x$$") == [0, " and ", 0, " and ", 1]
    assert len(formulas.entries) == 2


@pytest.mark.parametrize("text", ["$" * 50_000, r"\(" * 50_000, r"\boxed{" * 20_000, r"\[$\(" * 20_000], ids=len)
def test_long_runs_of_delimiters_stay_text(text: str) -> None:
    assert Formulas().segments(text) == [text]


def test_page_data_names_what_the_strategies_chose() -> None:
    rows = [
        Row(id="p", sample=i, expected_answer="1", predicted_answer=answer, reward_model_score=score)
        for i, (answer, score) in enumerate([("2", 0.9), ("1", 0.5), ("1", 0.2), (None, 0.1)])
    ]
    data = page_data(grade_rows(rows, workers=1).problems, k=8, top_n=1)
    (problem,) = data["problems"]
    assert problem["clusters"] == [[["1"], 2, 0.7, 0.5, 1], [["2"], 1, 0.9, 0.9, 0]]
    assert dict(zip(data["strategies"], problem["chosen"], strict=True)) == {
        "first": 1, "maj1": 0, "rr.all": 1, "rr.majk": 1, "w.rr": 1, "w.rr.majk": 1, "maj1.topn": 1,
    }  # fmt: skip
    assert [sample[1] for sample in problem["samples"]] == [1, 0, 0, None]
    assert data["labels"][-1] == "Maj1.Top1"


def test_the_quality_of_scores_has_intervals() -> None:
    rows = [
        Row(id=f"p{i}", sample=s, expected_answer="1", predicted_answer=str((i + s) % 2), reward_model_score=s / 4)
        for i in range(9)
        for s in range(4)
    ]
    graded = grade_rows(rows, workers=1)
    report = build_report(graded, estimate_all(graded), policy=Policy())
    assert report.verifier is not None
    page = render_page(report, graded)
    for name in ("auroc", "auroc_within", "brier"):
        low, high = report.verifier.intervals[name]
        assert f"<small>{low:.3f} to {high:.3f} (95%)</small>" in page


@pytest.mark.parametrize("facts", [{}, {"sha256": None}])
def test_a_source_without_a_digest_says_so(facts: dict[str, Any]) -> None:
    graded = grade()
    source = {"files": [{"path": "-", **facts}, {"path": "a.jsonl", "sha256": "0123"}]}
    page = render_page(build_report(graded, estimate_all(graded), policy=Policy(), source=source), graded)
    assert '<th scope="row">-</th><td>sha256 not recorded</td>' in page
    assert '<th scope="row">a.jsonl</th><td><code>sha256 0123</code></td>' in page


@pytest.mark.parametrize(("limit", "num_listed"), [(1, 1), (5, 2), (6, 3), (7, 3)])
def test_the_list_has_a_limit_and_names_it(limit: int, num_listed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three problems of two samples; the first one is always there."""
    monkeypatch.setattr("rerank.page.render.MAX_LISTED_SAMPLES", limit)
    rows = [Row(id=f"p{i}", sample=s, expected_answer="1", predicted_answer="1") for i in range(3) for s in range(2)]
    page = render(grade_rows(rows, workers=1))
    data = json.loads(_Page(page).raw["script"][0])
    assert [problem["id"] for problem in data["problems"]] == [f"p{i}" for i in range(num_listed)]
    assert (f"This page lists the first {num_listed} of 3 problems" in page) == (num_listed < 3)


def test_many_samples_of_a_problem_are_counted_and_only_the_first_are_listed() -> None:
    rows = [
        Row(id="p", sample=i, expected_answer="1", predicted_answer="1" if i < 66 else "2", generation="text")
        for i in range(100)
    ]
    (problem,) = page_data(grade_rows(rows, workers=1).problems, k=8, top_n=8)["problems"]
    assert problem["num_samples"] == 100
    assert [sample[0] for sample in problem["samples"]] == list(range(64))
    assert [votes for _, votes, *_ in problem["clusters"]] == [66, 34]


def test_texts_beyond_the_budget_are_marked() -> None:
    data = page_data(grade("twelve bytes", page_bytes=12).problems, k=8, top_n=8)
    assert [sample[4] for sample in data["problems"][0]["samples"]] == [["twelve bytes"], None, None]


def test_the_pages_parts_are_packaged() -> None:
    root = Path(__file__).parents[3]
    setuptools = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["setuptools"]
    parts = [path for path in (root / "rerank" / "page").iterdir() if path.is_file() and path.suffix != ".py"]
    assert "rerank.page" in setuptools["packages"]
    assert {path.suffix for path in parts} == {".css", ".html", ".js"}
    assert all(any(path.match(p) for p in setuptools["package-data"]["rerank.page"]) for path in parts)
