"""The report's page in headless Chromium: quiet, offline, usable, inert."""

import json
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Dialog, Page, expect, sync_playwright

from quorum.cli import main

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
HOSTILE = (
    "<img src=x onerror=alert(1)> </script><script>alert(2)</script> "
    r"$\href{javascript:alert(3)}{x}$ $\text{<img src=x onerror=alert(4)>}$ javascript:alert(5) "
    r"$a\hspace{9999999em}b$ $\rule{9999999em}{9999999em}$ $\raise 9999999em x$"
)

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium")]


@dataclass
class Visit:
    """An open page and what it did unasked."""

    page: Page
    console: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def dismiss(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def shown(self) -> list[str]:
        return self.page.locator(".problem .id").all_inner_texts()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


def problem_rows() -> Iterator[dict[str, Any]]:
    """45 problems.

    p0's vote is wrong, in p1 nothing is extracted, p2 is hostile, the strategies disagree on p3, and an answer
    in p4 cannot be compared with the expected one.
    """
    special: dict[int, list[tuple[str | None, float]]] = {
        0: [("8", 0.6), ("8", 0.7), ("7", 0.5)],
        1: [(None, 0.1), (None, 0.1), (None, 0.1)],
        2: [("<b onclick=alert(6)>7", 0.2), (r"\frac{1}{2}", 0.9), (r"\frac{1}{2}", 0.9)],
        3: [("7", 0.1), ("7", 0.2), ("9", 0.95)],
        4: [("7", 0.8), ("7", 0.8), (r"\oint \heartsuit", 0.1)],
    }
    for i in range(45):
        for sample, (answer, score) in enumerate(special.get(i, [("7", 0.8)] * 3)):
            yield {
                "id": f"p{i}",
                "sample": sample,
                "problem": HOSTILE if i == 2 else f"How many apples has child {i}, if $x^2={i}$?",
                "expected_answer": "7",
                "generation": f"Sample text {sample}. {HOSTILE if i == 2 else ''}",
                "predicted_answer": answer,
                "reward_model_score": score,
            }


def report_page(folder: Path, rows: Iterable[dict[str, Any]]) -> Path:
    """The page of a report on these rows."""
    path = folder / f"{'a_long_name' * 9}.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert main(["report", str(path), "-o", str(folder / "out"), "--quiet"]) == 0
    return folder / "out" / "report.html"


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return report_page(tmp_path_factory.mktemp("page"), problem_rows())


@pytest.fixture
def visit(browser: Browser, page_file: Path) -> Iterator[Visit]:
    page = browser.new_page()
    visit = Visit(page)
    page.on("console", lambda message: visit.console.append(message.text))
    page.on("pageerror", lambda error: visit.console.append(str(error)))
    page.on("request", lambda request: visit.requests.append(request.url))
    page.on("dialog", visit.dismiss)
    page.goto(page_file.as_uri())
    page.wait_for_selector(".problem")
    yield visit
    page.close()


def test_no_message_and_no_request(visit: Visit, page_file: Path) -> None:
    for summary in visit.page.locator(".problem > summary").all()[:4]:
        summary.click()
    expect(visit.page.locator(".candidate > summary")).to_have_count(12)
    for summary in visit.page.locator(".candidate > summary").all():
        summary.click()
    expect(visit.page.locator(".candidate .text")).to_have_count(12)
    assert visit.console == []
    assert visit.requests == [page_file.as_uri()]
    assert visit.dialogs == []
    paint = visit.page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    print(f"first contentful paint {paint:.0f} ms, {page_file.stat().st_size / 1e6:.1f} MB")


def test_the_list_turns_its_pages(visit: Visit) -> None:
    assert visit.shown() == [f"p{i}" for i in range(20)]
    visit.page.get_by_role("button", name="Next").click()
    assert visit.shown()[0] == "p20"
    visit.page.get_by_role("button", name="Next").click()
    assert visit.shown() == [f"p{i}" for i in range(40, 45)]
    assert visit.page.get_by_role("button", name="Next").is_disabled()
    assert "page 3 of 3" in visit.page.locator("#pages").inner_text()


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        ("Vote wrong (3)", ["p0", "p1", "p2"]),
        ("Vote wrong, answer there (1)", ["p0"]),
        ("Strategies disagree (2)", ["p2", "p3"]),
        ("Nothing extracted (1)", ["p1"]),
        ("Unknown equivalence (1)", ["p4"]),
    ],
)
def test_filters(visit: Visit, name: str, ids: list[str]) -> None:
    button = visit.page.get_by_role("button", name=name, exact=True)
    button.click()
    assert visit.shown() == ids
    assert button.get_attribute("aria-pressed") == "true"
    assert f"{len(ids)} of 45 problems" in visit.page.locator("#count").inner_text()
    button.click()
    assert len(visit.shown()) == 20


def test_filters_together(visit: Visit) -> None:
    visit.page.get_by_role("button", name="Vote wrong (3)", exact=True).click()
    visit.page.get_by_role("button", name="Strategies disagree (2)", exact=True).click()
    assert visit.shown() == ["p2"]


def test_a_filter_that_nothing_passes_is_off(browser: Browser, tmp_path: Path) -> None:
    rows = [{"id": "p", "sample": i, "expected_answer": "7", "predicted_answer": "7"} for i in range(3)]
    page = browser.new_page()
    page.goto(report_page(tmp_path, rows).as_uri())
    for label in ("Vote wrong", "Strategies disagree", "Nothing extracted", "Unknown equivalence"):
        expect(page.get_by_role("button", name=f"{label} (0)", exact=True)).to_be_disabled()
    page.close()


def test_votes_are_of_all_samples_where_only_the_first_are_listed(browser: Browser, tmp_path: Path) -> None:
    """70 samples of p0, of which the first 64 are right; 2 of p1, one of them right."""
    answers = {"p0": ["7"] * 64 + ["8"] * 6, "p1": ["7", "8"]}
    rows = [
        {"id": name, "sample": i, "expected_answer": "7", "predicted_answer": answer}
        for name, of_problem in answers.items()
        for i, answer in enumerate(of_problem)
    ]
    page = browser.new_page()
    page.goto(report_page(tmp_path, rows).as_uri())
    problem = page.locator(".problem").first
    problem.locator("summary").first.click()
    expect(problem).to_contain_text("The first 64 of 70 samples.")
    expect(problem.locator(".candidate")).to_have_count(64)
    assert problem.locator(".votes span").last.evaluate("part => part.style.flexBasis").startswith("8.57")
    for order in ("hard", "split"):
        page.select_option("#sort", order)
        assert page.locator(".problem .id").all_inner_texts() == ["p1", "p0"]
    page.close()


@pytest.mark.parametrize(
    ("query", "ids"),
    [("child 31", ["p31"]), ("CHILD 31 apples", ["p31"]), ("p44", ["p44"]), ("frac{1}", ["p2"]), ("nowhere", [])],
)
def test_search(visit: Visit, query: str, ids: list[str]) -> None:
    visit.page.fill("#search", query)
    assert visit.shown() == ids


def test_sorting_by_fewest_correct_samples(visit: Visit) -> None:
    visit.page.select_option("#sort", "hard")
    assert visit.shown()[:4] == ["p1", "p2", "p0", "p3"]


def test_by_keyboard(visit: Visit) -> None:
    visit.page.locator(".problem > summary").first.focus()
    visit.page.keyboard.press("Enter")
    opened = visit.page.locator(".problem").first
    expect(opened).to_contain_text("Expected answer")
    opened.locator(".candidate > summary").first.focus()
    visit.page.keyboard.press("Enter")
    expect(opened).to_contain_text("Sample text 0.")


def test_a_problem_shows_its_clusters(visit: Visit) -> None:
    problem = visit.page.locator(".problem").nth(3)
    problem.locator("summary").first.click()
    expect(problem.locator("tbody tr")).to_have_count(2)
    rows = [row.all_inner_texts() for row in (r.locator("th, td") for r in problem.locator("tbody tr").all())]
    assert rows[0][:5] == ["7", "2", "0.30", "0.200", "✓ correct"]
    assert rows[1][:5] == ["9", "1", "0.95", "0.950", "✗ incorrect"]
    assert "Maj1" in rows[0][5]
    assert "RR.All" in rows[1][5]


def test_mathematics_is_mathml(visit: Visit) -> None:
    assert visit.page.locator(".problem").nth(5).locator("math msup").count() == 1
    assert visit.page.evaluate("document.querySelector('.problem math').namespaceURI").endswith("MathML")


def test_hostile_text_is_shown_and_does_nothing(visit: Visit) -> None:
    problem = visit.page.locator(".problem").nth(2)
    problem.locator("summary").first.click()
    problem.locator(".candidate > summary").first.click()
    expect(problem).to_contain_text("Sample text 0.")
    text = problem.inner_text()
    assert "<img src=x onerror=alert(1)> </script><script>alert(2)</script>" in text
    assert r"\href{javascript:alert(3)}{x}" in text
    assert "<b onclick=alert(6)>7" in text
    assert visit.page.locator("img, iframe, [href^='javascript'], [onclick], [onerror]").count() == 0
    assert visit.page.locator("script").count() == 2
    assert visit.page.evaluate("document.documentElement.scrollHeight") < 20_000
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= visit.page.viewport_size["width"]  # type: ignore[index]
    assert visit.dialogs == []
    assert visit.console == []


@pytest.mark.parametrize("width", [320, 390, 800, 1400])
def test_nothing_is_wider_than_the_window(visit: Visit, width: int) -> None:
    visit.page.set_viewport_size({"width": width, "height": 800})
    for summary in visit.page.locator(".problem > summary").all()[:4]:
        summary.click()
    expect(visit.page.locator(".inside")).to_have_count(4)
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [360, 390])
def test_a_phone_shows_value_interval_and_verdict(visit: Visit, width: int) -> None:
    """Without scrolling the table sideways; the drawn intervals are left out there."""
    visit.page.set_viewport_size({"width": width, "height": 800})
    assert visit.page.locator("#results .strip").first.is_hidden()
    for row in visit.page.locator("#results tbody tr").all():
        for place in ("value", "interval", "against"):
            cell = row.locator(f".{place}")
            box = cell.bounding_box()
            if box is None:
                assert (place, cell.inner_text()) == ("against", "")
                continue
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width
    visit.page.set_viewport_size({"width": 1200, "height": 800})
    assert visit.page.locator("#results .strip").first.is_visible()


def test_a_page_of_gsm8ks_size(browser: Browser, tmp_path: Path) -> None:
    """1,319 problems of 13 samples; prints how soon something is on the screen."""
    rows = (
        {**row, "id": f"p{i}", "sample": sample, "generation": f"We have $x^2={i}$, so {sample}. " * 20}
        for i in range(1319)
        for sample, row in enumerate(
            [{"problem": f"Problem {i}?", "expected_answer": "7", "predicted_answer": "7"}] * 13
        )
    )
    path = report_page(tmp_path, rows)
    page = browser.new_page()
    page.goto(path.as_uri())
    page.wait_for_selector(".problem")
    paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    print(f"first contentful paint {paint:.0f} ms, {path.stat().st_size / 1e6:.1f} MB")
    assert page.locator(".problem").count() == 20
    assert page.locator("#count").inner_text() == "1319 problems"
    assert "page 1 of 66" in page.locator("#pages").inner_text()
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_background(browser: Browser, page_file: Path, scheme: Any) -> None:
    page = browser.new_page(color_scheme=scheme)
    page.goto(page_file.as_uri())
    colours = page.evaluate(
        "[['ink','paper'],['soft','paper'],['accent','paper'],['good','good-tint'],['bad','bad-tint']].map(pair =>"
        " pair.map(name => getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim()))"
    )
    page.close()
    assert all(contrast(*pair) >= 4.5 for pair in colours), colours


def contrast(first: str, second: str) -> float:
    """Source: WCAG 2.2, contrast ratio; 4.5 is its level AA for text."""
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
