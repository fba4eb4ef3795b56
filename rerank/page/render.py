"""The report as one HTML file that needs nothing else: style, script, figures and data in line."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from html import escape
from importlib.resources import files
from itertools import accumulate
from string import Template
from typing import Any

from rerank import plots
from rerank.grading import Graded, GradedProblem
from rerank.markdown import (
    against_vote,
    comparison_with,
    estimator,
    findings,
    headline,
    interval,
    percent,
    table_note,
)
from rerank.metrics import Metric
from rerank.naming import counted, is_oracle, meaning, title
from rerank.page.problems import MAX_SAMPLES, page_data, to_script_json
from rerank.plots import Figure
from rerank.report import Report

MAX_LISTED_SAMPLES = 200_000  # on the page, about 25 bytes each and their texts


def render_page(report: Report, graded: Graded) -> str:
    """Write the page.

    Everything generated is text: escaped here, set as text nodes by the script, and a content policy forbids
    any script, style or request but the page's own. The same report gives the same bytes.

    Args:
        report: its numbers are the page's numbers.
        graded: the problems to browse, with the solution texts that were kept.
    """
    style, script = _asset("page.css"), _asset("page.js")
    settings = report.settings
    listed = _listed(graded.problems)
    data = page_data(listed, k=_largest(settings["ks"]), top_n=_largest(settings["top_ns"]))
    return Template(_asset("template.html")).substitute(
        policy=_policy(style, script),
        title=escape(headline(report)),
        facts=escape(_facts(report)),
        findings="".join(f"<li>{_sentence(sentence)}</li>" for sentence in findings(report)),
        warnings=_warnings(report),
        table=_table(report),
        table_note=_sentence(table_note(report)),
        figures=_figure_sections(report),
        list_note=_list_note(len(listed), len(graded.problems)),
        provenance=_provenance(report),
        style=style,
        data=to_script_json(data),
        script=script,
    )


def _listed(problems: Sequence[GradedProblem]) -> Sequence[GradedProblem]:
    """The first problems, at least one, as far as their samples fit into MAX_LISTED_SAMPLES."""
    totals = accumulate(min(len(problem.candidates), MAX_SAMPLES) for problem in problems)
    return problems[: max(1, sum(total <= MAX_LISTED_SAMPLES for total in totals))]


def _list_note(num_listed: int, num_problems: int) -> str:
    if num_listed == num_problems:
        return ""
    return (
        f'<p class="note">This page lists the first {num_listed:,} of {num_problems:,} problems, since a browser '
        "cannot hold them all; the numbers above are of all problems, and per_problem.jsonl beside this page has "
        "a line for each.</p>"
    )


def _largest(values: Sequence[int]) -> int:
    return max(values, default=1)


def _asset(name: str) -> str:
    return (files("rerank.page") / name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    """Only the page's own style and script, by their hashes; no request of any kind."""
    return (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; base-uri 'none'; "
        "form-action 'none'"
    )


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _sentence(text: str) -> str:
    """Escaped, with the two marks that our own sentences use: `code` and **strong**."""
    html = escape(text)
    for mark, tag in (("**", "strong"), ("`", "code")):
        parts = html.split(mark)
        html = "".join(f"<{tag}>{part}</{tag}>" if i % 2 else part for i, part in enumerate(parts))
    return html


def _facts(report: Report) -> str:
    paths = [str(file["path"]) for file in report.source.get("files", [])]
    shown = ", ".join(paths[:3]) + (f" and {len(paths) - 3} more" if len(paths) > 3 else "")
    return shown or "samples in memory"


def _warnings(report: Report) -> str:
    if not report.warnings:
        return ""
    return '<div class="warnings" role="note">' + "".join(f"<p>{_sentence(w)}</p>" for w in report.warnings) + "</div>"


def _table(report: Report) -> str:
    low = min(m.low for m in report.metrics)
    high = max(m.high for m in report.metrics)
    rows = "".join(_row(report, metric, low=low, high=high) for metric in report.metrics)
    return (
        '<div class="scroll"><table id="results"><thead><tr><th scope="col">Metric</th>'
        '<th scope="col" class="number">Value, %</th>'
        '<th scope="col">95% interval</th><th scope="col" class="strip" aria-label="95% interval, drawn"></th>'
        '<th scope="col">Against Maj1</th><th scope="col" class="estimator">Estimator</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _row(report: Report, metric: Metric, *, low: float, high: float) -> str:
    kind = ' class="oracle"' if is_oracle(metric.name, metric.n) else ""
    return (
        f'<tr{kind}><th scope="row" class="metric">{escape(title(metric.name, metric.n, metric.k))}'
        f"<small>{escape(meaning(metric.name, metric.n, metric.k))}</small></th>"
        f'<td class="number value">{percent(metric.value)}</td>'
        f'<td class="interval">{interval(metric.low, metric.high)}</td>'
        f'<td class="strip">{_range(metric, low=low, high=high)}</td>'
        f'<td class="against">{_verdict(report, metric)}</td>'
        f'<td class="estimator">{escape(estimator(metric))}</td></tr>'
    )


def _range(metric: Metric, *, low: float, high: float) -> str:
    """The interval as a bar with the value as a dot, on the scale of the whole table."""

    def x(value: float) -> str:
        return f"{4 + 136 * (value - low) / max(high - low, 1e-9):.1f}"

    return (
        '<svg class="range" viewBox="0 0 144 18" aria-hidden="true">'
        '<line class="track" x1="4" x2="140" y1="9" y2="9"/>'
        f'<line class="band" x1="{x(metric.low)}" x2="{x(metric.high)}" y1="9" y2="9"/>'
        f'<circle class="dot" cx="{x(metric.value)}" cy="9" r="4"/></svg>'
    )


def _verdict(report: Report, metric: Metric) -> str:
    compared = comparison_with(report, metric, "maj1")
    if compared is None:
        return escape(against_vote(report, metric))
    return f'<span class="verdict {compared.verdict}">{escape(against_vote(report, metric))}</span>'


def _figure_sections(report: Report) -> str:
    return "".join(
        [
            _section("More samples", plots.against_samples(report), numbers=_curve_numbers(report)),
            _section("How many clusters to read", plots.against_parameter(report) + plots.oracles(report)),
            _section("How hard the choice is", plots.shares(report) + plots.difficulty_bars(report)),
            _section(
                "What the scores are worth",
                plots.verifier_figures(report) + plots.risk(report),
                lead=_verifier_tiles(report),
            )
            if report.verifier is not None
            else _section("When to trust the vote", plots.risk(report)),
        ]
    )


def _section(heading: str, figures: Sequence[Figure], *, lead: str = "", numbers: str = "") -> str:
    if not figures:
        return ""
    drawn = "".join(_figure(figure, is_wide=len(figures) == 1) for figure in figures)
    return f'<section><h2>{escape(heading)}</h2>{lead}<div class="figures">{drawn}</div>{numbers}</section>'


def _figure(figure: Figure, *, is_wide: bool) -> str:
    kind = ' class="wide"' if is_wide else ""
    return (
        f'<figure id="figure-{figure.name}"{kind}>{figure.svg}'
        f"<figcaption>{_sentence(figure.caption)}</figcaption></figure>"
    )


def _curve_numbers(report: Report) -> str:
    """The numbers behind the curves, for those who would rather read them."""
    sizes = sorted({m.n for c in report.curves for m in c.points})
    head = "".join(f'<th scope="col" class="number">n = {n}</th>' for n in sizes)
    rows = []
    for curve in report.curves:
        by_n = {m.n: percent(m.value) for m in curve.points}
        name = title(curve.name, curve.points[-1].n, curve.k).partition("@")[0]
        cells = "".join(f'<td class="number">{by_n.get(n, "")}</td>' for n in sizes)
        rows.append(f'<tr><th scope="row">{escape(name)}</th>{cells}</tr>')
    return (
        '<details class="numbers"><summary>The numbers behind this figure</summary><div class="scroll">'
        f'<table><thead><tr><th scope="col">Metric</th>{head}</tr></thead><tbody>{"".join(rows)}</tbody>'
        "</table></div></details>"
    )


def _verifier_tiles(report: Report) -> str:
    verifier = report.verifier
    if verifier is None:
        return ""
    within = f"mean over {counted(verifier.num_within, 'problem')} with correct and incorrect samples"
    tiles = [
        ("AUROC, all samples", verifier.auroc, "auroc", counted(verifier.num_scored, "scored sample")),
        ("AUROC within problems", verifier.auroc_within, "auroc_within", within),
        ("Brier score", verifier.brier, "brier", "mean squared error; 0 is perfect"),
        ("ECE", verifier.ece, "ece", f"mean calibration error over {counted(len(verifier.bins), 'bin')}; 0 is perfect"),
    ]
    body = "".join(_tile(name, value, verifier.intervals.get(key), note) for name, value, key, note in tiles)
    return f'<dl class="tiles">{body}</dl>'


def _tile(name: str, value: float | None, ends: tuple[float, float] | None, note: str) -> str:
    shown = "–" if value is None else f"{value:.3f}"
    spread = "" if ends is None else f"<small>{ends[0]:.3f} to {ends[1]:.3f} (95%)</small>"
    return f"<div><dt>{name}</dt><dd>{shown}{spread}<small>{note}</small></dd></div>"


def _provenance(report: Report) -> str:
    source, settings = report.source, report.settings
    rows: list[tuple[str, str]] = [(str(file["path"]), _digest(file)) for file in source.get("files", [])]
    rows += [(name, escape(str(value))) for name, value in _settings(settings).items()]
    rows += [(name, escape(_value(source[name]))) for name in source if name not in ("files", "importers")]
    body = "".join(f'<tr><th scope="row">{escape(name)}</th><td>{value}</td></tr>' for name, value in rows)
    return f'<div class="provenance"><table><tbody>{body}</tbody></table></div>'


def _digest(file: Mapping[str, Any]) -> str:
    """The file's SHA-256; standard input has none."""
    digest = file.get("sha256")
    return f"<code>sha256 {escape(str(digest))}</code>" if digest else "sha256 not recorded"


def _settings(settings: dict[str, Any]) -> dict[str, str]:
    policy = ", ".join(f"{name} = {value}" for name, value in settings["policy"].items() if value is not None)
    return {
        "equivalence policy": policy,
        "K": ", ".join(map(str, settings["ks"])),
        "TopN": ", ".join(map(str, settings["top_ns"])),
        "seed": str(settings["seed"]),
    }


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {inner}" for name, inner in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
