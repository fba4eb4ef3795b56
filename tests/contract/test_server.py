"""What the server promises, asked over HTTP with real clients."""

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx2 as httpx
import openai
import pytest

from server.app import ROUTES
from server.frame import OPEN_PATHS
from tests.contract.conftest import KEYS
from tests.scripted_models import NOTICE
from tests.scripted_server import ScriptedServer

QUESTION = {"question": "What is 2 + 3?", "n": 6}


@pytest.fixture
def client(server: ScriptedServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=30) as opened:
        yield opened


@pytest.fixture
def ann(locked: ScriptedServer) -> Iterator[httpx.Client]:
    headers = {"authorization": f"Bearer {KEYS['ann']}"}
    with httpx.Client(base_url=locked.url, timeout=30, headers=headers) as opened:
        yield opened


def events(text: str) -> list[tuple[int, str, dict[str, Any]]]:
    """Id, name and data of each event of a stream."""
    found = []
    for block in text.split("\n\n"):
        if not block or block.startswith(":"):
            continue
        lines = dict(line.split(": ", 1) for line in block.split("\n"))
        found.append((int(lines["id"]), lines["event"], json.loads(lines["data"])))
    return found


class TestSolve:
    @pytest.mark.parametrize("path", ["/solve", "/v1/solve"])
    def test_the_answer(self, client: httpx.Client, path: str) -> None:
        response = client.post(path, json=QUESTION)
        fields = response.json()
        assert response.status_code == 200
        assert (fields["answer"], fields["solution"], fields["abstained"]) == ("5", "<b>so</b> it is\n#### 5", False)
        assert sum(cluster["count"] for cluster in fields["clusters"]) == fields["usage"]["num_samples"] == 6
        assert fields["usage"]["completion_tokens"] == 30
        assert fields["models"] == {"generator": "scripted generator", "evaluator": "scripted evaluator"}
        assert NOTICE in fields["notes"]
        assert fields["request_id"] == response.headers["x-request-id"]
        assert "candidates" not in fields

    def test_candidates_where_they_are_asked_for(self, client: httpx.Client) -> None:
        fields = client.post("/solve", json={**QUESTION, "return_candidates": True}).json()
        assert [candidate["sample"] for candidate in fields["candidates"]] == list(range(6))
        assert {candidate["score"] for candidate in fields["candidates"]} == {0.99, 0.01}

    def test_the_same_again_is_remembered_and_another_seed_is_not(self, client: httpx.Client) -> None:
        ask = {**QUESTION, "question": "What is 1 + 4?"}
        first, again, other = (client.post("/solve", json=body).json() for body in (ask, ask, {**ask, "seed": 1}))
        assert (first["cached"], again["cached"], other["cached"]) == (False, True, False)
        assert {**first, "cached": 0, "request_id": 0} == {**again, "cached": 0, "request_id": 0}
        streamed = events(client.post("/solve", json={**ask, "stream": True}).text)
        assert [event for _, event, _ in streamed] == ["candidate"] * 6 + ["vote"] + ["score"] * 6 + ["done"]
        assert streamed[-1][2]["cached"]

    def test_a_stopping_rule_draws_fewer(self, client: httpx.Client) -> None:
        fields = client.post("/solve", json={**QUESTION, "n": 32, "strategy": "maj1", "stop": "lossless"}).json()
        assert fields["stopped"] in ("decided", "budget")
        assert fields["usage"]["num_samples"] <= 32

    def test_too_large_together(self, client: httpx.Client) -> None:
        response = client.post("/solve", json={"question": "x", "n": 256, "max_tokens": 4096})
        assert (response.status_code, response.json()["detail"]) == (422, "n x max_tokens may be 262144 at most.")

    def test_no_calibration_no_risk(self, client: httpx.Client) -> None:
        response = client.post("/solve", json={**QUESTION, "max_risk": 0.05})
        assert response.status_code == 422
        assert "calibrated" in response.json()["detail"]

    def test_time_is_over(self, client: httpx.Client) -> None:
        response = client.post("/solve", json={"question": "batch 5", "n": 1, "timeout_s": 0.2})
        assert response.status_code == 504

    def test_what_an_engine_says_of_its_failure_stays_in_the_log(self, client: httpx.Client) -> None:
        response = client.post("/solve", json={"question": "fail", "n": 2})
        assert response.status_code == 500
        assert "secret" not in response.text
        assert response.headers["content-type"] == "application/problem+json"

    def test_hostile_samples(self, client: httpx.Client) -> None:
        response = client.post("/solve", json={"question": "hostile", "n": 12, "return_candidates": True})
        assert response.status_code == 200
        assert {candidate["answer"] for candidate in response.json()["candidates"]} >= {"7", "10**10**10"}


class TestStream:
    def test_events_in_order_with_ids(self, client: httpx.Client) -> None:
        response = client.post("/solve", json={**QUESTION, "question": "2 + 3, streamed", "stream": True})
        assert response.headers["content-type"].startswith("text/event-stream")
        found = events(response.text)
        assert [number for number, _, _ in found] == list(range(len(found)))
        assert [event for _, event, _ in found] == ["candidate"] * 6 + ["vote"] + ["score"] * 6 + ["done"]
        assert found[6][2]["num_samples"] == 6
        assert found[-1][2]["answer"] == "5"

    def test_samples_come_before_the_last_is_drawn_and_silence_is_filled(self, client: httpx.Client) -> None:
        start, first_s, text = time.monotonic(), None, ""
        ask = {"question": "sample 0.3", "n": 4, "stream": True}
        with client.stream("POST", "/solve", json=ask) as response:
            for part in response.iter_text():
                text += part
                if first_s is None and "event: candidate" in text:
                    first_s = time.monotonic() - start
        assert first_s is not None
        assert first_s < time.monotonic() - start - 0.5
        assert ": keep-alive\n\n" in text

    def test_an_error_is_the_last_event(self, client: httpx.Client) -> None:
        response = client.post("/solve", json={"question": "batch 5", "n": 1, "timeout_s": 0.3, "stream": True})
        *_, (_, event, fields) = events(response.text)
        assert (response.status_code, event, fields["status"]) == (200, "error", 504)

    def test_closing_the_connection_ends_the_work(self, client: httpx.Client, server: ScriptedServer) -> None:
        for stream in (True, False):
            ask = {"question": f"sample 0.04, {stream}", "n": 256, "stream": stream}
            with httpx.Client(base_url=server.url, timeout=30 if stream else 0.5) as leaving:
                if stream:
                    with leaving.stream("POST", "/solve", json=ask) as response:
                        next(response.iter_text())
                else:
                    with pytest.raises(httpx.TimeoutException):
                        leaving.post("/solve", json=ask)
            assert eventually(lambda: gauge(client, "quorum_active") == 0)
        assert gauge(client, "quorum_cancelled_total") >= 2
        start = time.monotonic()
        assert client.post("/solve", json={"question": "after", "n": 1}).status_code == 200
        assert time.monotonic() - start < 8  # of the 10 s that the abandoned samples would have taken


class TestRerank:
    def test_own_scores(self, client: httpx.Client) -> None:
        candidates = [{"answer": "6", "score": 0.2}] * 3 + [{"answer": "5", "score": 0.9}]
        fields = client.post("/v1/rerank", json={"candidates": candidates}).json()
        assert (fields["answer"], fields["index"], fields["strategy"]) == ("5", 3, "w.rr.majk")
        voted = client.post("/v1/rerank", json={"candidates": candidates, "strategy": "maj1"}).json()
        assert (voted["answer"], voted["confidence"], voted["confidence_kind"]) == ("6", 0.75, "vote share")

    def test_equivalent_answers_and_texts(self, client: httpx.Client) -> None:
        candidates = [{"answer": "1/2"}, {"text": "so it is \\boxed{0.5}"}, {"answer": "3"}, {"text": "hm"}]
        fields = client.post("/v1/rerank", json={"candidates": candidates, "strategy": "maj1"}).json()
        assert (fields["answer"], fields["clusters"][0]["samples"]) == ("1/2", [0, 1])
        assert fields["candidates"][3] == {"index": 3, "answer": None, "score": None}

    def test_the_evaluator_scores_what_has_no_scores(self, client: httpx.Client) -> None:
        texts = [{"text": "#### 6"}, {"text": "#### 5"}, {"text": "#### 6"}]
        fields = client.post("/v1/rerank", json={"question": "2 + 3", "candidates": texts}).json()
        assert (fields["answer"], fields["models"]["evaluator"]) == ("5", "scripted evaluator")

    def test_needs_texts_to_score(self, client: httpx.Client) -> None:
        body = {"candidates": [{"answer": "5"}], "strategy": "w.rr"}
        assert client.post("/v1/rerank", json=body).status_code == 422

    def test_in_the_shape_of_text_embeddings_inference(self, client: httpx.Client) -> None:
        body = {"query": "2 + 3", "texts": ["#### 6", "#### 5"], "return_text": True}
        assert client.post("/v1/rerank", json=body).json() == [
            {"index": 1, "score": 0.99, "text": "#### 5"},
            {"index": 0, "score": 0.01, "text": "#### 6"},
        ]

    def test_scores_and_rewards(self, client: httpx.Client) -> None:
        solutions = ["#### 5", "#### 6"]
        assert client.post("/v1/score", json={"question": "2 + 3", "solutions": solutions}).json()["scores"] == [
            0.99,
            0.01,
        ]
        queries = [f"Problem: 2 + 3\nSolution:\n{text}" for text in solutions]
        assert client.post("/get_reward", json={"query": queries}).json() == {"rewards": [0.99, 0.01]}
        body = {"query": ["User: 2 + 3 ->#### 5"], "prompts": ["User: 2 + 3 ->"], "labels": ["5"]}
        assert client.post("/get_reward", json=body).json() == {"rewards": [0.99]}
        assert client.post("/get_reward", json={"query": ["no prompt"]}).status_code == 422


class TestOpenAI:
    @pytest.fixture
    def theirs(self, server: ScriptedServer) -> Iterator[openai.OpenAI]:
        with openai.OpenAI(base_url=f"{server.url}/v1", api_key="any", max_retries=0) as opened:
            yield opened

    def test_an_answer(self, theirs: openai.OpenAI) -> None:
        found = theirs.chat.completions.create(
            model="gpt-4o", messages=[{"role": "user", "content": "What is 2 + 3?"}], n=6, temperature=0.6
        )
        assert found.choices[0].message.content == "<b>so</b> it is\n#### 5"
        assert found.usage is not None
        assert (found.usage.completion_tokens, found.model) == (30, "scripted generator")

    def test_a_stream(self, theirs: openai.OpenAI) -> None:
        chunks = list(
            theirs.chat.completions.create(
                model="quorum",
                messages=[{"role": "system", "content": "Think."}, {"role": "user", "content": "What is 2 + 3?"}],
                stream=True,
                stream_options={"include_usage": True},
            )
        )
        texts = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]
        assert "".join(texts) == "<b>so</b> it is\n#### 5"
        assert chunks[-2].choices[0].finish_reason == "stop"
        assert chunks[-1].usage is not None

    def test_errors_are_theirs(self, theirs: openai.OpenAI, locked: ScriptedServer) -> None:
        with pytest.raises(openai.UnprocessableEntityError, match="not what they must be"):
            theirs.chat.completions.create(model="m", messages=[{"role": "user", "content": "x"}], stop=["x"])
        with (
            openai.OpenAI(base_url=f"{locked.url}/v1", api_key="wrong", max_retries=0) as stranger,
            pytest.raises(openai.AuthenticationError),
        ):
            stranger.models.list()

    def test_models(self, theirs: openai.OpenAI) -> None:
        assert [model.id for model in theirs.models.list()] == ["quorum"]


class TestKeys:
    def test_every_route_needs_one(self, locked: ScriptedServer) -> None:
        with httpx.Client(base_url=locked.url) as stranger:
            for path in [*ROUTES, "/openapi.json", "/nothing/here", "/LIVEZ", "/livez/", "//livez"]:
                for method in ("GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD"):
                    status = stranger.request(method, path.format(id="x", name="x")).status_code
                    assert (status != 401) == (path in OPEN_PATHS), (method, path)

    def test_what_one_asked_no_other_sees(self, ann: httpx.Client, locked: ScriptedServer) -> None:
        solved = ann.post("/solve", json=QUESTION).json()
        assert ann.get(f"/v1/solves/{solved['id']}").json()["question"] == QUESTION["question"]
        assert solved["id"] in [solve["id"] for solve in ann.get("/v1/solves").json()["solves"]]
        with httpx.Client(base_url=locked.url, headers={"authorization": f"Bearer {KEYS['bob']}"}) as bob:
            assert bob.get(f"/v1/solves/{solved['id']}").status_code == 404
            assert bob.get("/v1/solves").json() == {"solves": [], "next": None}

    def test_a_budget(self, locked: ScriptedServer) -> None:
        with httpx.Client(base_url=locked.url, headers={"authorization": f"Bearer {KEYS['bob']}"}) as bob:
            ask = {"question": "x", "n": 3, "max_tokens": 300}
            assert bob.post("/solve", json=ask).status_code == 200
            response = bob.post("/solve", json=ask)
            assert (response.status_code, response.json()["title"]) == (429, "Too Many Requests")
            assert 0 < int(response.headers["retry-after"]) <= 60
            assert bob.post("/solve", json={"question": "x", "n": 3, "max_tokens": 400}).status_code == 422

    def test_no_evaluator(self, ann: httpx.Client) -> None:
        assert ann.post("/solve", json={**QUESTION, "strategy": "w.rr"}).status_code == 422
        assert ann.post("/v1/score", json={"question": "x", "solutions": ["y"]}).status_code == 422
        assert ann.post("/solve", json=QUESTION).json()["strategy"] == "maj1"

    def test_a_full_queue_and_one_that_waits_in_vain(self, ann: httpx.Client, locked: ScriptedServer) -> None:
        statuses: list[tuple[int, bool]] = []

        def ask(number: int) -> None:
            headers = {"authorization": f"Bearer {KEYS['ann']}"}
            body = {"question": f"waits {number}", "n": 1, "timeout_s": 0.5}
            response = httpx.post(f"{locked.url}/solve", json=body, headers=headers, timeout=30)
            statuses.append((response.status_code, "retry-after" in response.headers))

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(3)]
        with ann.stream("POST", "/solve", json={"question": "sample 0.2", "n": 256, "stream": True}) as holding:
            arriving = holding.iter_text()  # kept: a closed iterator closes the connection
            next(arriving)
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert statuses == [(503, True)] * 3
        assert ann.post("/solve", json=QUESTION).status_code == 200
        assert gauge(ann, 'quorum_dropped_total{reason="deadline"}') >= 1

    def test_pages_of_other_origins(self, locked: ScriptedServer) -> None:
        with httpx.Client(base_url=locked.url) as browser:
            asked = {"access-control-request-method": "POST", "access-control-request-headers": "content-type"}
            friend = browser.options("/solve", headers={"origin": "https://friend.example", **asked})
            foe = browser.options("/solve", headers={"origin": "https://foe.example", **asked})
        assert (friend.status_code, friend.headers["access-control-allow-origin"]) == (204, "https://friend.example")
        assert foe.status_code == 401
        assert not [name for name in foe.headers if name.startswith("access-control")]


class TestRequests:
    def test_ids_and_traces(self, client: httpx.Client, server: ScriptedServer) -> None:
        trace = "4bf92f3577b34da6a3ce929d0e0e4736"
        headers = {"x-request-id": "mine-1", "traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
        assert client.get("/v1/models", headers=headers).headers["x-request-id"] == "mine-1"
        assert client.get("/v1/models", headers={"x-request-id": "<x>"}).headers["x-request-id"] != "<x>"
        assert eventually(lambda: any(e.get("request_id") == "mine-1" for e in server.entries()))
        (entry,) = [e for e in server.entries() if e.get("request_id") == "mine-1"]
        assert (entry["trace_id"], entry["route"], entry["status"]) == (trace, "/v1/models", 200)

    def test_questions_are_not_in_the_log(self, client: httpx.Client, server: ScriptedServer) -> None:
        client.post("/solve", json={"question": "a private matter", "n": 1}, headers={"x-request-id": "private"})
        assert eventually(lambda: any(entry.get("request_id") == "private" for entry in server.entries()))
        assert not any("a private matter" in line for line in server.log)

    def test_sent_again(self, client: httpx.Client) -> None:
        ask = {"question": "once", "n": 2}
        first, again, other = (
            client.post("/v1/solve", json=body, headers={"idempotency-key": "k1"})
            for body in (ask, ask, {**ask, "n": 3})
        )
        assert (first.json()["id"], first.content) == (again.json()["id"], again.content)
        assert (again.headers["idempotent-replayed"], other.status_code) == ("true", 422)

    def test_health(self, client: httpx.Client) -> None:
        assert client.get("/livez").json() == {"status": "alive"}
        assert client.get("/readyz").json() == {"status": "ready"}

    def test_metrics(self, client: httpx.Client) -> None:
        client.post("/solve", json={"question": "measured", "n": 4})
        text = client.get("/metrics").text
        for name in ("requests", "request_seconds", "queue_seconds", "generate_seconds", "score_seconds"):
            assert f"# HELP quorum_{name}" in text
        assert 'quorum_requests_total{route="/solve",status="200"}' in text
        assert gauge(client, "quorum_batch_samples_count") >= 1

    def test_other_names_of_this_machine_are_refused(self, client: httpx.Client) -> None:
        assert client.get("/v1/solves", headers={"host": "evil.example"}).status_code == 421

    def test_openapi(self, client: httpx.Client, ann: httpx.Client) -> None:
        document, locked = (each.get("/openapi.json").json() for each in (client, ann))
        assert set(document["paths"]) == set(locked["paths"]) == set(ROUTES) | {"/openapi.json"}
        assert all("security" in operation for path in locked["paths"].values() for operation in path.values())
        assert "security" not in json.dumps(document["paths"])
        assert "401" not in document["paths"]["/solve"]["post"]["responses"]
        references = json.dumps(document).split('"$ref": "')[1:]
        for reference in references:
            place: Any = document
            for part in reference.partition('"')[0].removeprefix("#/").split("/"):
                place = place[part]


def gauge(client: httpx.Client, name: str) -> float:
    """A number of the metrics."""
    lines = client.get("/metrics").text.splitlines()
    return float(next(line for line in lines if line.startswith(f"{name} ")).split()[1])


def eventually(condition: Any, timeout_s: float = 20.0) -> bool:
    """Whether a condition comes true in time."""
    end = time.monotonic() + timeout_s
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return bool(condition())
