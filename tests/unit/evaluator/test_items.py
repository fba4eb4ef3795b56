"""What is read behind which tokens of a problem's candidates."""

from evaluator.data import Group, Sampled
from evaluator.items import make_item
from evaluator.recipe import EvaluatorRecipe
from evaluator.verdict import VerdictTokens, audit_labels
from tests.tiny_models import tiny_tokenizer

RIGHT = Sampled("2 + 3 = 5\n5 * 4 = 20\n#### 20", True, steps=(True, True, True))
WRONG = Sampled("2 + 3 = 5\n5 * 4 = 24\n#### 24", False, steps=(True, False, False))
GROUP = Group("p", "Ann has 2 and 3 pens, four times over. How many?", (WRONG, RIGHT))


def read(**loss: object) -> tuple[list[tuple[str, int]], list[tuple[str, str]]]:
    """(beginning of the solution, label) of each step's verdict, and (beginning, next token) of what is read."""
    tokenizer = tiny_tokenizer()
    fields = {"model": {"from": "x"}, "data": {"paths": ["x"]}, "run": {"max_steps": 1}, "loss": loss}
    item = make_item(GROUP, VerdictTokens(tokenizer, audit_labels(tokenizer)), EvaluatorRecipe.model_validate(fields))

    def beginning(sequence: int, place: int) -> str:
        text = str(tokenizer.decode(list(item.sequences[sequence][: place + 1])))
        return text.split("candidate solution:")[1].removeprefix(" ")

    steps = zip(item.step_sequence_K.tolist(), item.step_place_K.tolist(), item.step_label_K.tolist(), strict=True)
    reading = zip(
        item.reading.sequence_K.tolist(), item.reading.place_K.tolist(), item.reading.token_K.tolist(), strict=True
    )
    return [(beginning(s, p), label) for s, p, label in steps], [
        (beginning(s, p), str(tokenizer.decode([t]))) for s, p, t in reading
    ]


def test_a_verdict_behind_each_line() -> None:
    steps, reading = read(steps=1.0)
    assert dict(steps) == {
        "2 + 3 = 5": 1,
        "2 + 3 = 5\n5 * 4 = 24": 0,
        "2 + 3 = 5\n5 * 4 = 20": 1,
        WRONG.text: 0,
        RIGHT.text: 1,
    }
    assert len(steps) == 5  # the first line is one step of both
    assert reading == []


def test_a_verdict_behind_each_token() -> None:
    steps, _ = read(steps=1.0, steps_at="tokens")
    labels = dict(steps)
    assert len(labels) == len(steps)
    assert labels["2"] == labels["2 + 3 = 5\n5 * 4 = 2"] == 1  # a right solution begins so
    assert labels["2 + 3 = 5\n5 * 4 = 24"] == labels["2 + 3 = 5\n5 * 4 = 24\n"] == 0
    assert labels[RIGHT.text] == 1


def test_only_right_solutions_are_read() -> None:
    _, reading = read(reading=1.0, cross_entropy=1.0)
    text = "".join(token for _, token in reading)
    assert text.strip() == RIGHT.text
    assert all(RIGHT.text.startswith(beginning) for beginning, _ in reading)
