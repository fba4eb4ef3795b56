"""From a program's text to its steps: the whole statements at its left margin.

A step is what a console would run at once: a line, or a line with the indented block, the `else` or the open
brackets that belong to it. Steps are parsed one by one, so a program that breaks off in its fifth line has four.
Together they are the program: statements that parse alone parse the same in a row.
"""

import ast
import re

from reasoning.programs.limits import (
    MAX_BRACKETS,
    MAX_CHARACTERS,
    MAX_LINE_CHARACTERS,
    MAX_LINES,
    MAX_SIGNS,
    Stopped,
)

_STRANGE = re.compile(r"[^\n\t -~]")
# Strings and comments. No string has a backslash, so the first quote ends it
_TEXT = re.compile(r"\"{3}[\s\S]*?\"{3}|'{3}[\s\S]*?'{3}|'[^'\n]*'|\"[^\"\n]*\"|#[^\n]*")
_CONTINUED = re.compile(r"(?:else|elif|except|finally)\b")
_COMPOUND = re.compile(r"(?:if|for|while|def|class|with|try|async|match)\b|@")
# Python's parser warns of `1if` and `1.5order`, and a warning is printed, or an error, as the caller has set it
_WORD = re.compile(r"[A-Za-z_]\w*|\.?\d[\w.]*")
_RUNS_ON = re.compile(r"[\d.].*(?:and|else|for|if|in|is|not|or)")
_SIGNS = re.compile(rf"(?:(?:[-+~]|\bnot\b)\s*){{{MAX_SIGNS},}}")
_CLOSING = {")": "(", "]": "["}


def check_size(source: str) -> str:
    """The program with Unix line ends, if it is small enough and in ASCII.

    Raises:
        Stopped: the source is over a limit.
    """
    if len(source) > MAX_CHARACTERS or not source.isascii():
        raise Stopped(f"expected at most {MAX_CHARACTERS} ASCII characters")
    if "\r" in source:
        source = source.replace("\r\n", "\n").replace("\r", "\n")
    if source.count("\n") >= MAX_LINES and source.rstrip("\n").count("\n") >= MAX_LINES:
        raise Stopped(f"expected at most {MAX_LINES} lines")
    return source


def split(source: str) -> list[str]:
    """The steps of a program, without the blank lines and comments between them.

    Joined by line ends, the first i are the prefix that leads to the i-th state of `execute`. The text is not parsed:
    that every step is a statement is seen when it runs. A source over a limit has no steps, as it has no states.
    """
    try:
        lines = check_size(source).split("\n")
    except Stopped:
        return []
    steps, first = [], 0
    while first < len(lines):
        end = step_end(lines, first)
        if not is_blank(lines[first]):
            steps.append("\n".join(lines[first:end]))
        first = end
    return steps


def step_end(lines: list[str], first: int) -> int:
    """The index after the last line of the step that begins at `first`; a blank line ends at once."""
    if is_blank(lines[first]):
        return first + 1
    is_compound = is_block(lines[first])
    num_open = _num_open(lines[first])
    end = following = first + 1
    while following < len(lines):
        line = lines[following]
        belongs = is_compound and (line[:1] in (" ", "\t") or _CONTINUED.match(line))
        if num_open > 0 or (belongs and not is_blank(line)):
            num_open += _num_open(line)
            end = following + 1
        elif not is_blank(line):
            break
        following += 1
    return end


def is_blank(line: str) -> bool:
    """Whether the line has nothing but spaces and a comment."""
    text = line.strip(" \t")
    return not text or text[0] == "#"


def is_block(line: str) -> bool:
    """Whether the line begins a compound statement, which later lines may go on with."""
    return _COMPOUND.match(line) is not None


def parse(step: str) -> list[ast.stmt]:
    """The statements of one step.

    Raises:
        Stopped: the step is over a limit, or uses characters that no program of ours needs.
        SyntaxError, ValueError, MemoryError, RecursionError: Python's parser refuses it.
    """
    _check_text(step)
    return ast.parse(step).body


def _check_text(step: str) -> None:
    """Refuse what makes a parser slow, deep or talkative, before it sees it."""
    if max(map(len, step.split("\n"))) > MAX_LINE_CHARACTERS:
        raise Stopped(f"a line has more than {MAX_LINE_CHARACTERS} characters")
    code = _TEXT.sub(_without_comment, step) if "#" in step else step
    bare = _TEXT.sub("''", code) if "'" in code or '"' in code else code
    if _STRANGE.search(step) or "\\" in code or "{" in bare or "}" in bare:
        raise Stopped("a character is not in the language")
    if any(map(_RUNS_ON.match, _WORD.findall(bare))) or _SIGNS.search(bare):
        raise Stopped("too many signs in a row, or a number that runs into a word")
    _check_brackets(bare)


def _without_comment(text: re.Match[str]) -> str:
    return "" if text[0].startswith("#") else text[0]


def _check_brackets(bare: str) -> None:
    opened: list[str] = []
    for character in bare:
        if character in "([":
            opened.append(character)
            if len(opened) > MAX_BRACKETS:
                raise Stopped("too many brackets are open")
        elif character in ")]" and (not opened or opened.pop() != _CLOSING[character]):
            raise Stopped("a bracket is closed that was not opened")
    if opened:
        raise Stopped("a bracket is not closed")


def _num_open(line: str) -> int:
    bare = _TEXT.sub("''", line)
    return bare.count("(") + bare.count("[") - bare.count(")") - bare.count("]")
