"""Training rows: every documented shape, and what is said of others."""

import json
from pathlib import Path

import pytest

from generator.ssft.recipe import SourceSection
from generator.ssft.rows import read_training_rows
from generator.ssft.tokens import TooLong, prompt_text, tokenize
from reasoning.errors import InputError, RowError
from reasoning.prompts import solution_prompt, verdict_prompt
from tests.tiny_models import tiny_tokenizer

ASKED = solution_prompt("1 + 1?")


def source(folder: Path, *rows: object, **settings: object) -> SourceSection:
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return SourceSection.model_validate({"path": path, **settings})


@pytest.mark.parametrize(
    ("row", "prompt", "completion"),
    [
        ({"problem": "1 + 1?", "solution": "2", "expected_answer": "2"}, ASKED, "2"),
        ({"question": "1 + 1?", "answer": "1+1=<<1+1=2>>2\n#### 2"}, ASKED, "1+1=<<1+1=2>>2\n#### 2"),
        ({"problem": "1 + 1?", "solution": "\\boxed{2}", "level": "Level 1", "type": "Algebra"}, ASKED, "\\boxed{2}"),
        ({"query": "1 + 1?", "response": "2"}, ASKED, "2"),
        ({"prompt": "Count: ", "completion": "1, 2"}, "Count: ", "1, 2"),
        ({"messages": [{"role": "user", "content": "1 + 1?"}, {"role": "assistant", "content": "2"}]}, ASKED, "2"),
    ],
    ids=["problem rows", "GSM8K", "MATH", "query and response", "prompt and completion", "messages"],
)
def test_shapes(row: object, prompt: str, completion: str, tmp_path: Path) -> None:
    (read,) = read_training_rows(source(tmp_path, row))
    assert (prompt_text(read), read.completion) == (prompt, completion)


def test_behind_the_verdict_prompt(tmp_path: Path) -> None:
    (read,) = read_training_rows(source(tmp_path, {"problem": "1 + 1?", "solution": "2"}, prompt="verdict"))
    assert read.prompt is not None
    assert verdict_prompt("1 + 1?", "2").startswith(read.prompt + read.completion)
    assert read.completion == " 2"


def test_fields_with_other_names(tmp_path: Path) -> None:
    rows = source(tmp_path, {"q": "1 + 1?", "a": "2"}, fields={"problem": "q", "solution": "a"})
    (read,) = read_training_rows(rows)
    assert (prompt_text(read), read.completion) == (ASKED, "2")


def test_the_limit(tmp_path: Path) -> None:
    rows = [{"query": "?", "response": str(i)} for i in range(5)]
    assert [row.completion for row in read_training_rows(source(tmp_path, *rows, limit=2))] == ["0", "1"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"text": "2"}, r"rows.jsonl:1: expected problem and solution, .*, or messages; found text; name them"),
        ({"query": "?", "response": " "}, r"rows.jsonl:1: expected text in `response`"),
        ({"query": "?", "response": 2}, r"rows.jsonl:1: expected text in `response`"),
        ({"messages": [{"role": "user", "content": "?"}]}, r"the last one the assistant's"),
        ({"messages": [{"role": "user"}]}, r"objects with `role` and `content`"),
        ({"messages": 3}, r"at least two"),
    ],
)
def test_rows_that_are_none(row: object, message: str, tmp_path: Path) -> None:
    with pytest.raises(RowError, match=message):
        list(read_training_rows(source(tmp_path, row)))


def test_a_long_chat_needs_the_template(tmp_path: Path) -> None:
    turns = [{"role": role, "content": role} for role in ("system", "user", "assistant")]
    (row,) = read_training_rows(source(tmp_path, {"messages": turns}))
    with pytest.raises(InputError, match=r"rows.jsonl:1: .* found a longer chat; set `chat: true`"):
        prompt_text(row)
    tokenizer = tiny_tokenizer(chat=True)
    examples = tokenize([row], tokenizer, chat=True, max_tokens=None, skip_too_long=False, too_long=TooLong())
    prompt = "<|system|>\nsystem\n<|user|>\nuser\n<|assistant|>\n"
    assert tokenizer.decode(examples.tokens(0)) == prompt + "assistant\n<eos>"
    assert examples.prompt_length(0) == len(tokenizer(prompt)["input_ids"])


def test_a_template_that_ends_its_turns(tmp_path: Path) -> None:
    tokenizer = tiny_tokenizer(chat=True)
    tokenizer.chat_template = tokenizer.chat_template.replace("}}\n{% endfor", "}}<eos>\n{% endfor")
    rows = read_training_rows(source(tmp_path, {"query": "?", "response": "2"}))
    examples = tokenize(rows, tokenizer, chat=True, max_tokens=None, skip_too_long=False, too_long=TooLong())
    asked = solution_prompt("?")
    assert tokenizer.decode(examples.tokens(0)) == f"<|user|>\n{asked}<eos>\n<|assistant|>\n2<eos>"


def test_completions_end_and_prompts_are_tokenized_alone(tmp_path: Path) -> None:
    tokenizer = tiny_tokenizer()
    rows = read_training_rows(source(tmp_path, {"query": "1 + 1?", "response": "1 + 1 = 2"}))
    examples = tokenize(rows, tokenizer, chat=False, max_tokens=None, skip_too_long=False, too_long=TooLong())
    tokens, num_prompt = examples.tokens(0).tolist(), examples.prompt_length(0)
    assert tokens[:num_prompt] == tokenizer(ASKED)["input_ids"]
    assert tokenizer.decode(tokens[num_prompt:]) == "1 + 1 = 2<eos>"


def test_rows_longer_than_the_context(tmp_path: Path) -> None:
    rows = source(tmp_path, {"query": "?", "response": "2"}, {"query": "?", "response": "2" * 99})
    tokenizer, too_long = tiny_tokenizer(), TooLong()
    with pytest.raises(InputError, match=r"rows.jsonl:2: expected at most 50 tokens, the context, found \d+; set"):
        tokenize(
            read_training_rows(rows), tokenizer, chat=False, max_tokens=50, skip_too_long=False, too_long=TooLong()
        )
    kept = tokenize(
        read_training_rows(rows), tokenizer, chat=False, max_tokens=50, skip_too_long=True, too_long=too_long
    )
    assert len(kept) == 1
    assert (too_long.number, too_long.first) == (1, f"{rows.path}:2")
