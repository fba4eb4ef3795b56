"""What a body must be, and what is said of one that is not."""

import json

import pytest

from server.bodies import parsed
from server.problems import HttpProblem, document, problem_response, try_later
from server.schemas.chat import ChatRequest
from server.schemas.rerank import RerankRequest
from server.schemas.solve import SolveRequest
from server.visits import visit_of


def problem(body: bytes) -> HttpProblem:
    with pytest.raises(HttpProblem) as caught:
        parsed(SolveRequest, body)
    return caught.value


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        b'{"question": "\\ud800"}',
        b'{"\\ud800": 1, "question": "x"}',
        b"\xef\xbb\xbf{}",
        '{"question": "x"}'.encode("utf-16"),
        b"[" * 100_000,
        b'{"question": ' * 10_000,
        b"{'question': 'x'}",
        b'{"question": "x",}',
        b'{"question": "x"} {}',
        b'{"question": "\x00"}',
        b'{"question": "x", "n": 01}',
    ],
    ids=lambda body: repr(body[:24]),
)
def test_no_json(body: bytes) -> None:
    assert problem(body).status == 400


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ('"n": 0', "/n"),
        ('"n": 257', "/n"),
        ('"n": 9223372036854775808', "/n"),
        ('"n": ' + "9" * 4000, "/n"),
        ('"n": 1.5', "/n"),
        ('"n": "8"', "/n"),
        ('"n": true', "/n"),
        ('"n": null, "temperature": 0', ""),
        ('"temperature": NaN', "/temperature"),
        ('"temperature": Infinity', "/temperature"),
        ('"temperature": 1e999', "/temperature"),
        ('"temperature": -1', "/temperature"),
        ('"temperature": 1e-300', ""),
        ('"top_p": 0', "/top_p"),
        ('"max_tokens": 4097', "/max_tokens"),
        ('"seed": -1', "/seed"),
        ('"seed": 9007199254740992', "/seed"),
        ('"timeout_s": 0', "/timeout_s"),
        ('"max_risk": 0', "/max_risk"),
        ('"max_risk": 1', "/max_risk"),
        ('"strategy": "best"', "/strategy"),
        ('"strategy": ["maj1"]', "/strategy"),
        ('"stream": 1', "/stream"),
        ('"stop": "fixed:8"', "/stop"),
        ('"stop": "lossless\\n"', "/stop"),
        ('"policy": {}', ""),
    ],
)
def test_wrong_fields(fields: str, pointer: str) -> None:
    found = problem(b'{"question": "x", ' + fields.encode() + b"}")
    assert (found.status, found.errors[0]["pointer"]) == (422, pointer)


@pytest.mark.parametrize("question", ["", " \n", "x" * 8001], ids=["empty", "blank", "long"])
def test_wrong_questions(question: str) -> None:
    assert problem(json.dumps({"question": question}).encode()).errors[0]["pointer"] == "/question"


def test_an_unknown_field_is_not_repeated_but_the_one_that_was_meant_is_named() -> None:
    found = problem(b'{"question": "x", "max_token": 3, "<script>": 1}')
    assert [error["detail"] for error in found.errors] == ["unknown field; is it max_tokens?", "unknown field"]
    assert "script" not in json.dumps(document(found, "id"))


def test_clients_of_openai_are_told_what_is_refused() -> None:
    with pytest.raises(HttpProblem) as caught:
        parsed(ChatRequest, b'{"model": "m", "messages": [{"role": "user", "content": "x"}], "tools": []}')
    response = problem_response(caught.value, "id", "/v1/chat/completions")
    message = json.loads(bytes(response.body))["error"]["message"]
    assert message == (
        "Some fields are not what they must be. The body: tools is not supported; leave it out (request id)"
    )


@pytest.mark.parametrize("rule", ["often", "lossless\\n", "anytime:1", "budget:0.00001", "share:0.75"])
def test_a_stopping_rule_is_asked_for_in_words(rule: str) -> None:
    (error,) = problem(f'{{"question": "x", "stop": "{rule}"}}'.encode()).errors
    assert error == {
        "pointer": "/stop",
        "detail": "expected lossless, anytime:D or budget:D with D as 0.05, of at most four decimals",
    }


def test_many_errors_are_a_short_problem() -> None:
    keys = ", ".join(f'"{"k" * 300}{i}": {i}' for i in range(20_000))
    response = problem_response(problem(f'{{"question": "x", {keys}}}'.encode()), "id")
    assert len(response.body) < 4096


def test_nested_errors_are_short_too() -> None:
    with pytest.raises(HttpProblem) as caught:
        parsed(RerankRequest, json.dumps({"candidates": [{"x" * 5000: 1}] * 500}).encode())
    assert len(problem_response(caught.value, "id").body) < 4096


@pytest.mark.parametrize(
    "candidates",
    [
        [],
        [{}],
        [{"answer": "5", "score": 1.5}],
        [{"answer": "5", "score": 0.5}, {"answer": "6"}],
        [{"answer": "5"}] * 1025,
        [{"answer": 5}],
        ["5"],
    ],
    ids=lambda candidates: repr(candidates)[:40],
)
def test_wrong_candidates(candidates: list[object]) -> None:
    with pytest.raises(HttpProblem):
        parsed(RerankRequest, json.dumps({"candidates": candidates}).encode())


def test_chat_takes_text_in_parts_and_the_last_user_message() -> None:
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "first"},
        {"role": "assistant", "content": "ok", "refusal": None},
        {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
    ]
    assert parsed(ChatRequest, json.dumps({"model": "m", "messages": messages}).encode()).question == "a\nb"


@pytest.mark.parametrize("extra", [{"tools": []}, {"stop": ["x"]}, {"frequency_penalty": 0.5}, {"n": 0}])
def test_chat_refuses_what_it_cannot_do(extra: dict[str, object]) -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": "x"}], **extra}
    with pytest.raises(HttpProblem):
        parsed(ChatRequest, json.dumps(body).encode())


def test_in_openai_s_shape() -> None:
    body = json.loads(bytes(problem_response(try_later(503, "Busy.", 3), "r1", "/v1/chat/completions").body))
    assert body == {"error": {"message": "Busy. (request r1)", "type": "server_error", "param": None, "code": None}}


@pytest.mark.parametrize(
    ("sent", "is_kept"),
    [
        (b"a-B_9.x", True),
        (b"a" * 65, False),
        (b"a b", False),
        (b"a\r\nx: y", False),
        ("é".encode(), False),
        (b"", False),
    ],
)
def test_request_ids(sent: bytes, is_kept: bool) -> None:
    assert (visit_of({b"x-request-id": sent}).request_id == sent.decode()) == is_kept


@pytest.mark.parametrize(
    ("sent", "is_kept"),
    [
        (b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", True),
        (b"00-00000000000000000000000000000000-00f067aa0ba902b7-01", False),
        (b"ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", False),
        (b"00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", False),
        (b"nonsense", False),
    ],
)
def test_traces(sent: bytes, is_kept: bool) -> None:
    assert (visit_of({b"traceparent": sent}).trace_id is not None) == is_kept


def test_a_list_with_a_wrong_part_is_not_called_too_short() -> None:
    with pytest.raises(HttpProblem) as caught:
        parsed(RerankRequest, b'{"candidates": [{"answer": "5", "score": 2}]}')
    assert [error["pointer"] for error in caught.value.errors] == ["/candidates/0/score"]
    with pytest.raises(HttpProblem) as caught:
        parsed(RerankRequest, b'{"candidates": []}')
    assert [error["pointer"] for error in caught.value.errors] == ["/candidates"]
