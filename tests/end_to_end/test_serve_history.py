"""The history and the cache over HTTP, on SQLite and on a real PostgreSQL."""

import contextlib
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from tests import postgres_server
from tests.page_server import serving

BINARIES = postgres_server.find_binaries()
TEXTS = ["1 / 2 = 0.5\n#### 0.5", r"NUL \0: \boxed{\frac{1}{2}}".replace(r"\0", "\0"), "1 + 2 = 3\n#### 3"]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("history")
    (folder / "texts.json").write_text(json.dumps([TEXTS, None]))
    with contextlib.ExitStack() as stack:
        database = None
        if request.param == "postgresql":
            if BINARIES is None:
                pytest.skip("no PostgreSQL")
            database = stack.enter_context(postgres_server.running(BINARIES)).url
        yield stack.enter_context(serving(folder, written=folder / "texts.json", database=database))


def get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=30) as response:
        return json.load(response)


def solve(url: str, question: str, **settings: Any) -> dict[str, Any]:
    body = json.dumps({"question": question, "n": 6, **settings}).encode()
    request = urllib.request.Request(f"{url}/v1/solve", body, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as response:
        answer: dict[str, Any] = json.load(response)
        return answer


def test_a_solve_is_found_under_its_id_at_once(url: str) -> None:
    answer = solve(url, "Which part?\0", return_candidates=True)
    kept = get(f"{url}/v1/solves/{answer['id']}")
    assert kept["question"] == "Which part?\0"
    assert kept["settings"]["n"] == 6
    assert kept["candidates"] == answer["candidates"]
    for name in ("answer", "clusters", "models", "timings", "usage", "confidence"):
        assert kept["result"][name] == answer[name]
    (newest,) = get(f"{url}/v1/solves?limit=1")["solves"]
    assert newest["id"] == answer["id"]
    assert (newest["question"], newest["answer"], newest["num_samples"]) == ("Which part?\ufffd", answer["answer"], 6)
    assert newest["created"] == kept["created"]


def test_pages_hold_everything_once(url: str) -> None:
    ids = [solve(url, f"Question {i}?")["id"] for i in range(7)]
    seen: list[str] = []
    before = ""
    for _ in range(4):
        page = get(f"{url}/v1/solves?limit=2{before}")
        seen += [one["id"] for one in page["solves"]]
        before = f"&before={page['next']}"
    assert seen[:7] == ids[::-1]


def test_the_last_page_has_no_next(url: str) -> None:
    solve(url, "One?")
    solve(url, "Two?")
    page = get(f"{url}/v1/solves?limit=100")
    assert page["next"] is None
    before = get(f"{url}/v1/solves?limit=1")["next"]
    assert get(f"{url}/v1/solves?limit=100&before={before}")["solves"] == page["solves"][1:]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/solves?limit=0", 422),
        ("/v1/solves?limit=101", 422),
        ("/v1/solves?limit=x", 422),
        ("/v1/solves?before=1", 422),
        ("/v1/solves?before=1.';DROP%20TABLE%20solves;--", 422),
        ("/v1/solves/nothing", 404),
        ("/v1/solves/%00", 404),
        ("/v1/solves/" + "x" * 500, 404),
    ],
)
def test_what_is_not_there_is_a_problem(url: str, path: str, status: int) -> None:
    with pytest.raises(urllib.error.HTTPError) as raised:
        get(url + path)
    with raised.value as error:
        assert error.code == status
        assert error.headers["content-type"] == "application/problem+json"
    assert get(f"{url}/v1/solves?limit=1")["solves"] is not None


def test_an_identical_request_is_answered_from_the_cache(url: str) -> None:
    first = solve(url, "The same?", seed=5)
    again = solve(url, "The same?", seed=5)
    assert (first["cached"], again["cached"]) == (False, True)
    assert again["request_id"] != first["request_id"]
    assert {**again, "request_id": "", "cached": False} == {**first, "request_id": ""}
    (newest, other) = get(f"{url}/v1/solves?limit=2")["solves"]
    assert newest["id"] == first["id"] != other["id"]


@pytest.mark.parametrize("changed", [{"seed": 6}, {"n": 5}, {"temperature": 0.7}, {"strategy": "maj1"}, {"k": 3}])
def test_another_setting_is_another_request(url: str, changed: dict[str, Any]) -> None:
    solve(url, "The same again?", seed=5)
    assert solve(url, "The same again?", **{"seed": 5, **changed})["cached"] is False
