"""The page in headless Chromium against a real server: asking, watching, reading, cancelling, coming back."""

import json
import re
import shutil
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Dialog, Page, expect, sync_playwright

from quorum.cli import main
from tests.hostile_texts import HOSTILE
from tests.page_server import going_on, serving

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUESTION = "Gina has 25 muffins and gives 12 muffins to Mateo. How many muffins does Gina have now?"
HALVES = [
    "1 / 2 = 0.5\n#### 0.5",
    r"Half of it: $\frac{1}{2}$. So it is $\boxed{\frac{1}{2}}$.",
    "1 - 0.5 = 0.6\n#### 1/2",
    "1 + 2 = 3\n#### 3",
    "I cannot say",
]

FILL_IN = """([question, settings]) => {
  const form = document.getElementById('form');
  form.elements.question.value = question;
  for (const [name, value] of Object.entries(settings)) form.elements[name].value = value;
  form.requestSubmit();
}"""

expect.set_options(timeout=30_000)  # a busy machine is no fault of the page

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium")]


@dataclass
class Visit:
    """An open page and what it did unasked."""

    page: Page
    url: str
    console: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def dismiss(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def ask(self, question: str, **settings: Any) -> None:
        """Fill in the form and send it, in one step; the first test does it by mouse."""
        self.page.evaluate(FILL_IN, [question, settings])

    def done(self) -> None:
        expect(self.page.locator("#result")).to_have_attribute("data-phase", "done", timeout=60_000)
        expect(self.page.locator("#strategy-rows tr")).to_have_count(7)

    def assert_quiet(self) -> None:
        assert self.console == []
        assert self.dialogs == []
        assert [url for url in self.requests if not url.startswith(self.url)] == []


@dataclass
class Written:
    """A server whose samples stand in a file."""

    url: str
    path: Path

    def write(self, texts: list[str], *, num_at_once: int | None = None) -> None:
        """What it draws next; what is not drawn at once waits for `go_on`."""
        going_on(self.path).unlink(missing_ok=True)
        self.path.write_text(json.dumps([texts, num_at_once]))

    def go_on(self) -> None:
        going_on(self.path).touch()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(tmp_path_factory.mktemp("embedded")) as url:
        yield url


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Written]:
    folder = tmp_path_factory.mktemp("written")
    with serving(folder, written=folder / "texts.json") as url:
        yield Written(url, folder / "texts.json")


Open = Callable[..., Visit]


@pytest.fixture
def visiting(browser: Browser) -> Iterator[Open]:
    """Opens a page; at the end all are closed, and none may have done anything unasked."""
    visits: list[Visit] = []

    def open_page(url: str, *, path: str = "/", quiet: bool = True, **options: Any) -> Visit:
        page = browser.new_page(**options)
        visit = Visit(page, url)
        page.on("console", lambda message: visit.console.append(message.text))
        page.on("pageerror", lambda error: visit.console.append(str(error)))
        page.on("request", lambda request: visit.requests.append(request.url))
        page.on("dialog", visit.dismiss)
        page.goto(url + path)
        if quiet:
            visits.append(visit)
        return visit

    yield open_page
    for visit in visits:
        visit.assert_quiet()
    for context in browser.contexts:
        context.close()


def rows(page: Page) -> list[str]:
    return page.locator(".cluster > summary .name").all_inner_texts()


def solved(url: str, question: str, **settings: Any) -> dict[str, Any]:
    body = json.dumps({"question": question, **settings}).encode()
    request = urllib.request.Request(f"{url}/v1/solve", body, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as response:
        answer: dict[str, Any] = json.load(response)
        return answer


def number(text: str) -> float:
    found = re.search(r"[\d.]+", text)
    assert found
    return float(found[0])


# asking and watching


def test_an_answer_is_the_one_that_the_interface_gives(embedded: str, visiting: Open) -> None:
    visit = visiting(embedded)
    visit.page.fill("#question", QUESTION)
    visit.page.get_by_text("Settings").click()
    visit.page.get_by_label("Samples").fill("8")
    visit.page.get_by_label("Seed").fill("3")
    visit.page.get_by_role("button", name="Solve").click()
    visit.done()
    expected = solved(embedded, QUESTION, n=8, seed=3)
    assert visit.page.locator("#answer .value").inner_text() == expected["answer"]
    clusters = visit.page.locator(".cluster:not(.none) .numbers").all_inner_texts()
    assert [number(text) for text in clusters] == [cluster["count"] for cluster in expected["clusters"]]
    facts = visit.page.locator("#answer dl").inner_text()
    assert "Score share" in facts
    assert "Margin" in facts
    assert f"{expected['usage']['completion_tokens']:,}" in facts
    assert " s sampling" in facts
    assert "Chosen by w.rr.majk · models: embedded, equations" in visit.page.locator("#answer .made").inner_text()


def test_samples_group_as_they_come(written: Written, visiting: Open) -> None:
    """1/2 and 0.5 are in one row long before the last sample is there, and an open row grows."""
    written.write(HALVES, num_at_once=8)
    visit = visiting(written.url)
    visit.ask("Which part is left?", n=20, seed=1)
    expect(visit.page.locator(".cluster .numbers").first).to_have_text("6 votes")
    assert visit.page.locator("#result").get_attribute("data-phase") == "sampling"
    assert rows(visit.page) == ["0.5", "3", "no answer"]
    expect(visit.page.locator("#status")).to_contain_text(re.compile(r"\d of 20 samples; 0\.5 leads with \d votes"))
    visit.page.locator(".cluster > summary").first.click()
    expect(visit.page.locator(".cluster").first.locator(".solution")).to_have_count(6)
    expect(visit.page.locator("#cancel")).to_be_visible()
    written.go_on()
    visit.done()
    expect(visit.page.locator("#cancel")).to_be_hidden()
    first, _, last = visit.page.locator(".cluster .numbers").all_inner_texts()
    assert re.fullmatch(r"12 votes · score \d\.\d\d", first)
    assert last == "4 samples"
    expect(visit.page.locator(".cluster").first.locator(".solution")).to_have_count(3)


def test_the_bars_are_votes_and_summed_score_on_one_scale(written: Written, visiting: Open) -> None:
    written.write(HALVES)
    visit = visiting(written.url)
    visit.ask("Which part?", n=10, seed=2)
    visit.done()
    widths = visit.page.evaluate(
        "[...document.querySelectorAll('.cluster')].map(row => [...row.querySelectorAll('.bar')]"
        ".map(bar => parseFloat(bar.style.width)))"
    )
    assert [round(votes) for votes, _ in widths] == [60, 20, 20]
    numbers = visit.page.locator(".cluster:not(.none) .numbers").all_inner_texts()
    for (_, scores), text in zip(widths, numbers, strict=False):
        assert scores == pytest.approx(10 * float(text.rpartition(" ")[2]), abs=0.06)


def test_an_open_answer_shows_why_and_its_solutions_best_first(written: Written, visiting: Open) -> None:
    written.write(HALVES)
    visit = visiting(written.url)
    visit.ask("Which part of it?", n=10)
    visit.done()
    row = visit.page.locator(".cluster").first
    row.locator("summary").focus()
    visit.page.keyboard.press("Enter")
    expect(row.locator(".why p")).to_have_text("Written in 3 ways, all of them equal to 1/2.")
    assert [text.split()[0] for text in row.locator(".forms li").all_inner_texts()] == ["0.5", r"\frac{1}{2}", "1/2"]
    expect(row.locator("mark")).to_have_count(3)
    facts = row.locator(".solution .facts").all_inner_texts()
    scores = [number(text) for text in facts]
    assert scores == sorted(scores, reverse=True)
    assert sum("chosen" in text for text in facts) == 1
    assert "2 times: samples 0, 5" in facts[0]
    assert row.locator("mark").all_inner_texts()[0] == "0.5"
    assert row.locator("mark math mfrac").count() == 1
    assert row.locator(".text math").count() == 2


def test_what_each_strategy_would_have_answered(written: Written, visiting: Open) -> None:
    written.write(["1 + 1 = 2\n#### 2", "2 + 2 = 5\n#### 5", "2 + 2 = 5, yes\n#### 5", "2 + 2 = 5, no\n#### 5"])
    visit = visiting(written.url)
    visit.ask("What is it?", n=4)
    visit.done()
    table = {cells[0].split()[0]: cells for cells in (
        row.locator("th, td").all_inner_texts() for row in visit.page.locator("#strategy-rows tr").all()
    )}  # fmt: skip
    assert {name: cells[2] for name, cells in table.items()} == {
        "First": "2", "Maj1": "5", "RR.All": "2", "RR.Maj8": "2", "W.RR": "2", "W.RR.Maj8": "2", "Maj1.Top8": "5",
    }  # fmt: skip
    assert "used" in table["W.RR.Maj8"][0]
    assert visit.page.locator("#strategy-rows .differs").count() == 2
    assert "−2 votes" in visit.page.locator("#answer dl").inner_text()


def test_no_answer_says_why(written: Written, visiting: Open) -> None:
    written.write(["I cannot say"])
    visit = visiting(written.url)
    visit.ask("Why?", n=3)
    visit.done()
    told = " ".join(visit.page.locator("#answer").inner_text().split())
    assert told.startswith("NO ANSWER IS GIVEN No answer no sample gives an answer Tokens")
    assert rows(visit.page) == ["no answer"]


def test_cancelling_keeps_what_came_and_ends_the_work(written: Written, visiting: Open) -> None:
    written.write(HALVES, num_at_once=10)
    visit = visiting(written.url)
    visit.page.fill("#question", "How long?")
    visit.page.keyboard.press("Control+Enter")
    expect(visit.page.locator(".cluster .numbers").first).to_have_text("6 votes")
    expect(visit.page.locator(".cluster")).to_have_count(3)
    visit.page.click("#cancel")
    expect(visit.page.locator("#status")).to_contain_text("Cancelled after 10 of 32 samples")
    expect(visit.page.locator("#solve")).to_be_focused()
    expect(visit.page.locator(".cluster")).to_have_count(3)
    assert visit.page.locator("#answer .card").count() == 0
    with urllib.request.urlopen(f"{written.url}/metrics") as response:
        metrics = response.read().decode()
    assert re.search(r"^quorum_cancelled_total [1-9]", metrics, re.MULTILINE)
    written.go_on()
    visit.ask("How long now?", n=5)
    visit.done()


def test_errors_are_told_in_words(written: Written, visiting: Open) -> None:
    visit = visiting(written.url, quiet=False)  # Chromium reports refused requests on its console
    visit.ask("Too much?", n=256, max_tokens=4096)
    expect(visit.page.get_by_role("alert")).to_contain_text("n x max_tokens may be")
    expect(visit.page.locator("#solve")).to_be_visible()
    visit.page.route("**/v1/solve", lambda route: route.abort())
    visit.ask("And now?", n=5, max_tokens=100)
    expect(visit.page.get_by_role("alert")).to_have_text("The server cannot be reached.")


# coming back


def test_a_permalink_brings_everything_back(written: Written, visiting: Open) -> None:
    written.write(HALVES)
    visit = visiting(written.url)
    visit.ask(r"Which part is $\frac{1}{2}$ of it?", n=10, seed=7)
    visit.done()
    seen = visit.page.locator("#result").inner_text()
    assert re.search(r"#solve/[\w-]{22}$", visit.page.url)
    link = visit.page.get_by_role("link", name="Permalink").get_attribute("href")
    assert visit.page.url.endswith(str(link))
    for again in (visit.page, visiting(written.url, path=f"/{link}").page):
        again.reload()
        expect(again.locator("#strategy-rows tr")).to_have_count(7)
        assert again.locator("#result").inner_text() == seen
        assert again.input_value("#question").startswith("Which part")
        again.locator(".cluster > summary").first.click()
        expect(again.locator(".cluster mark")).to_have_count(3)


def test_a_permalink_to_nothing_says_so(written: Written, visiting: Open) -> None:
    visit = visiting(written.url, path="/#solve/nothing", quiet=False)
    expect(visit.page.get_by_role("alert")).to_have_text("There is no such solve.")
    assert visit.page.locator("#result").is_hidden()


def test_the_history_has_pages(written: Written, visiting: Open) -> None:
    written.write(["#### 4"])
    for i in range(23):
        solved(written.url, f"Question {i}?", n=1)
    visit = visiting(written.url)
    visit.page.get_by_role("link", name="History").click()
    entries = visit.page.locator(".solves li")
    expect(entries).to_have_count(20)
    assert entries.locator("a").all_inner_texts() == [f"Question {i}?" for i in range(22, 2, -1)]
    visit.page.get_by_role("button", name="Older").click()
    expect(entries.nth(22)).to_contain_text("Question 0?")
    expect(entries.nth(20).locator("a")).to_be_focused()
    entries.nth(2).locator("a").click()
    expect(visit.page.locator("#asked")).to_have_text("Question 20?")
    assert visit.page.locator("#answer .value").inner_text() == "4"
    visit.page.go_back()
    expect(visit.page.get_by_role("heading", name="History")).to_be_visible()


def test_without_a_history_the_page_works(tmp_path: Path, visiting: Open) -> None:
    (tmp_path / "texts.json").write_text(json.dumps([HALVES, None]))
    with serving(tmp_path, written=tmp_path / "texts.json", history=False) as url:
        visit = visiting(url, quiet=False)
        visit.ask("Which?", n=10)
        visit.done()
        assert visit.console == []
        visit.page.get_by_role("link", name="History").click()
        expect(visit.page.locator("#history-note")).to_have_text("The history is off.")
    assert not (tmp_path / "solves.sqlite").exists()


# hostile texts


def shown(text: str) -> str:
    """As the page prints it: control characters as their pictures."""
    text = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", lambda m: chr(0x2400 + ord(m[0])), text)
    return re.sub("[\x7f-\x9f\u202a-\u202e\u2066-\u2069]", "\ufffd", text)


def test_there_are_sixty_hostile_texts() -> None:
    assert len(set(HOSTILE)) == 60


READ = """() => [...document.querySelectorAll('.solution .text, #asked')].map(node => {
  const copy = node.cloneNode(true);
  for (const formula of copy.querySelectorAll('math')) formula.replaceWith(formula.getAttribute('aria-label'));
  return copy.textContent;
})"""


@pytest.mark.parametrize(("place", "shape"), list(enumerate(["#### {}", r"\boxed{{{}}}", "The answer is {}."])))
def test_hostile_texts_are_text(written: Written, visiting: Open, place: int, shape: str) -> None:
    """Each as a solution and as its answer, all of them as a question; everything is opened."""
    texts = [shape.format(text) for text in HOSTILE[place::3]]
    written.write(texts)
    visit = visiting(written.url)
    page = visit.page
    elements = page.evaluate("document.querySelectorAll('script, link, style, img, meta, base').length")
    question = shape + " ".join(HOSTILE).replace("\0", "\x01")  # a form holds no NUL
    visit.ask(question, n=20, max_tokens=100)
    visit.done()
    page.evaluate("document.querySelectorAll('.cluster').forEach(row => { row.open = true; })")
    expect(page.locator(".solution")).to_have_count(20)
    page.wait_for_load_state("networkidle")
    read = {text.replace("$", "") for text in page.evaluate(READ)}
    assert {shown(text).replace("$", "") for text in (*texts, question)} <= read
    assert (
        page.locator("iframe, object, embed, form form, video, body [href^='http'], [href^='javascript' i]").count()
        == 0
    )
    assert page.evaluate("document.querySelectorAll('script, link, style, img, meta, base').length") == elements
    attributes = (
        "[...document.querySelectorAll('*')].flatMap(e => e.getAttributeNames()).filter(n => n.startsWith('on'))"
    )
    assert page.evaluate(attributes) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]  # type: ignore[index]
    assert page.title() == "Quorum"


def test_a_history_of_hostile_texts_is_text(written: Written, visiting: Open) -> None:
    for text in HOSTILE:
        written.write([f"#### {text}"])
        solved(written.url, text, n=1, max_tokens=100)
    visit = visiting(written.url, path="/#history")
    entries = visit.page.locator(".solves li")
    for num_shown in (20, 40, 60):
        expect(entries.nth(num_shown - 1)).to_be_visible()
        visit.page.get_by_role("button", name="Older").click()
    read = entries.locator("a").evaluate_all("links => links.map(link => link.textContent)")
    assert read[:60] == [shown(text.replace("\0", "\ufffd")) for text in reversed(HOSTILE)]
    assert visit.page.locator("main script, main iframe, main img, main svg").count() == 0
    assert all(
        re.fullmatch(r"#solve/[\w-]{22}", str(link.get_attribute("href"))) for link in entries.locator("a").all()[:60:6]
    )


# reports


def test_two_reports_open_beside_each_other(written: Written, visiting: Open, tmp_path: Path) -> None:
    """They run their own script, in an origin of their own, without a network."""
    for name, answer in (("a", "7"), ("b", "8")):
        (tmp_path / name).mkdir()
        lines = [{"id": "p", "sample": i, "problem": f"Problem {name}?", "expected_answer": "7", "generation": "x",
                  "predicted_answer": answer} for i in range(3)]  # fmt: skip
        path = tmp_path / name / "samples.jsonl"
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        assert main(["report", str(path), "-o", str(tmp_path / name / "out"), "--quiet"]) == 0
    visit = visiting(written.url, path="/#reports")
    for place, name in enumerate("ab"):
        visit.page.locator("input[type=file]").nth(place).set_input_files(tmp_path / name / "out" / "report.html")
    for place, name in enumerate("ab"):
        frame = visit.page.frame_locator("iframe").nth(place)
        expect(frame.locator(".problem .snippet")).to_have_text(f"Problem {name}?")
        expect(frame.locator("h1")).to_be_visible()
    assert {request.removeprefix(visit.url) for request in visit.requests} <= {"/", "/viewer.html", *ASSETS}


ASSETS = {f"/{entry.name}" for entry in files("server.page").iterdir() if not entry.name.endswith(".py")}


def test_a_hostile_report_stays_in_its_frame(written: Written, visiting: Open, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(
        "<p id=p>not yet</p><img src='https://evil.example/x.png'><script>"
        "const tries = [() => parent.document.title = 'mine', () => top.location = 'https://evil.example',"
        " () => localStorage.length, () => { open('https://evil.example'); throw 1; }];"
        "let held = 0; for (const t of tries) try { t(); } catch { held += 1; }"
        "fetch('/v1/models').catch(() => 0).then("
        "r => p.textContent = held + ' held, ' + (r ? 'fetched' : 'no network'));"
        "</script>"
    )
    visit = visiting(written.url, path="/#reports", quiet=False)
    visit.page.locator("input[type=file]").first.set_input_files(path)
    expect(visit.page.frame_locator("iframe").locator("#p")).to_have_text("4 held, no network")
    assert visit.page.title() == "Reports – Quorum"
    assert visit.page.url.endswith("/#reports")
    assert visit.dialogs == []


# policy, keyboard, looks


class _Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_the_policy_allows_nothing_in_line_and_nothing_from_elsewhere(written: Written) -> None:
    with urllib.request.urlopen(written.url) as response:
        policy = response.headers["content-security-policy"]
        tags = _Tags(response.read().decode()).tags
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    assert "http" not in policy
    for tag, attributes in tags:
        assert tag != "style"
        assert "style" not in attributes
        assert not any(name.startswith("on") for name in attributes)
        assert not (tag == "script" and "src" not in attributes)
        assert not (attributes.get("src") or attributes.get("href") or "").startswith(("http", "//", "data"))


def test_every_field_has_a_name_and_every_page_its_landmarks(written: Written, visiting: Open) -> None:
    visit = visiting(written.url)
    visit.page.click(".settings summary")
    for kind in ("textbox", "spinbutton", "combobox", "button", "link"):
        for node in visit.page.get_by_role(kind).all():
            assert re.search(r'"\S.*"', node.aria_snapshot()), node.evaluate("node => node.outerHTML")
    for landmark in ("banner", "navigation", "main"):
        assert visit.page.get_by_role(landmark).count() == 1
    assert visit.page.get_by_role("heading", level=1).count() == 1
    assert visit.page.locator("#status").get_attribute("aria-live") == "polite"
    assert visit.page.locator("[aria-current=page]").inner_text() == "Ask"


def test_by_keyboard_alone(written: Written, visiting: Open) -> None:
    written.write(HALVES)
    visit = visiting(written.url)
    keyboard = visit.page.keyboard
    keyboard.press("Tab")
    expect(visit.page.locator("#skip")).to_be_focused()
    keyboard.press("Enter")
    expect(visit.page.locator("#main")).to_be_focused()
    keyboard.press("Tab")
    expect(visit.page.locator("#question")).to_be_focused()
    keyboard.type("Which part?")
    keyboard.press("Tab")
    keyboard.press("Enter")
    visit.done()
    visit.page.locator("#answer a").focus()
    keyboard.press("Tab")
    keyboard.press("Space")
    expect(visit.page.locator(".cluster").first).to_have_attribute("open", "")


def test_a_focused_row_keeps_the_focus_when_rows_change_places(written: Written, visiting: Open) -> None:
    """The row of 7 is overtaken by that of 8."""
    written.write(["#### 7", *["#### 8"] * 9], num_at_once=1)
    visit = visiting(written.url)
    visit.ask("Who leads?", n=10)
    visit.page.locator(".cluster > summary").first.focus()
    written.go_on()
    visit.done()
    assert rows(visit.page) == ["8", "7"]
    assert visit.page.evaluate("document.activeElement.querySelector('.name').textContent") == "7"


def test_nothing_is_wider_than_the_window(written: Written, visiting: Open) -> None:
    written.write([*HALVES, f"#### {'long' * 40}", "x" * 500 + r" \boxed{" + "1" * 300 + "}"])
    visit = visiting(written.url)
    visit.ask("Which " + "part" * 60, n=14)
    visit.done()
    visit.page.evaluate("document.querySelectorAll('details').forEach(row => { row.open = true; })")
    expect(visit.page.locator(".solution")).to_have_count(7)
    for view in ("ask", "history", "reports"):
        for width in (320, 390, 800):
            visit.page.set_viewport_size({"width": width, "height": 800})
            assert visit.page.evaluate("document.documentElement.scrollWidth") <= width, (view, width)
        visit.page.evaluate("view => { location.hash = view; }", {"ask": "history", "history": "reports"}.get(view, ""))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_background(written: Written, visiting: Open, scheme: Any) -> None:
    visit = visiting(written.url, color_scheme=scheme)
    colours = visit.page.evaluate(
        "[['ink','paper'],['soft','paper'],['soft','tint'],['accent','paper'],['accent','tint'],['on-accent','accent'],"
        "['good','good-tint'],['good','tint'],['bad','tint'],['bad','paper'],['ink','bad-tint'],['ink','mark']].map("
        "pair => pair.map(name => getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim()))"
    )
    assert all(contrast(*pair) >= 4.5 for pair in colours), colours


def contrast(first: str, second: str) -> float:
    """Source: WCAG 2.2, contrast ratio; 4.5 is its level AA for text."""
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_256_candidates(written: Written, visiting: Open) -> None:
    """Prints how long the page works on them, from the first byte of a stored solve to everything drawn."""
    written.write(
        [f"Step {i}: $x^2 = {i}$ and {i} + 1 = {i + 1}, so it is $\\boxed{{{i % 40}}}$. " for i in range(256)]
    )
    visit = visiting(written.url)
    visit.ask("How many?", n=256, max_tokens=512)
    visit.done()
    assert len(rows(visit.page)) == 40
    visit.page.reload()
    expect(visit.page.locator("#strategy-rows tr")).to_have_count(7)
    drawn = visit.page.evaluate("performance.now()")
    print(f"256 candidates: all drawn {drawn:.0f} ms after the navigation began")
