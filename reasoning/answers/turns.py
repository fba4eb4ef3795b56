"""Which part of a generated text is the solution: not the thinking, not the next question it went on to invent."""

import re

_THINKING_OPENS = re.compile(
    r"<(?:think|thinking|thought|seed:think)>|<\|begin_of_thought\|>|<\|channel\|>analysis|◁think▷|\[THINK\]",
    re.IGNORECASE,
)
_THINKING_CLOSES = re.compile(
    r"</(?:think|thinking|thought|seed:think)>|<\|end_of_thought\|>|<\|channel\|>final(?:<\|message\|>)?"
    r"|◁/think▷|\[/THINK\]",
    re.IGNORECASE,
)
_LEADING_ROLE = re.compile(r"\s{0,8}(?:<\|[a-z_]{1,20}\|>|<s>|<bos>|(?:assistant|Assistant)\b:?|\s){1,12}")
_SPECIAL_TOKEN = re.compile(
    r"<\|(?:im_start|im_end|endoftext|end_of_text|eot_id|eom_id|end|user|start_header_id)\|>"
    r"|</s>|<eos>|<(?:start|end)_of_turn>|\[INST\]|<｜(?:end▁of▁sentence|User)｜>"
)
_NEXT_QUESTION = re.compile(
    r"(?:^|(?<=[.!?$\])*]\s))[ \t]{0,8}[#*>]{0,6}[ \t]{0,2}(?:(?:(?:New|Next|Another|Math)[ ])?"
    r"(?:(?:Problem|Exercise)(?:[ ]\d{1,3})?|Question)|Q|Human|User|Instruction|Input)[*]{0,2}[ \t]?[:：]"
    r"|^[ \t]{0,8}#{1,6}[ \t](?:New |Next |Another )?(?:Problem|Question|Instruction|Input|Exercise)[*]{0,2}[ \t]*$"
    r"|^[ \t]{0,8}(?:题目|问题|下一题)[:：]",
    re.MULTILINE,
)
# The last words of a solution in the four-shot prompt of Minerva (arXiv:2206.14858); models copy it.
_MINERVA_END = re.compile(r"I hope (?:it|this) is correct\b", re.IGNORECASE)
_CONCLUSION = re.compile(r"\b(?:therefore|thus|hence|so|in total|altogether)\b[^\n]{0,400}\d", re.IGNORECASE)
_DIGIT = re.compile(r"\d")
_CONCLUSION_REACH = 400
# Each next question has one of these, which are found much faster.
_QUESTION_WORD = re.compile(r"Problem|Exercise|Question|Q[* \t:：]|Human|User|Instruction|Input|题目|问题|下一题")


def without_thinking(text: str) -> str:
    """What stands behind the last closed thinking block and before one that never closes.

    `<think>5</think> 6` leaves ` 6`; `<think> so it is 5` leaves nothing; a text that starts inside a block, as
    chat templates produce (`... so 5.</think>6`), leaves `6`.
    """
    if "<" not in text and "[" not in text and "◁" not in text and "ssistant" not in text:
        return text
    behind = 0
    for close in _THINKING_CLOSES.finditer(text):
        behind = close.end()
    opened = _THINKING_OPENS.search(text, behind)
    visible = text[behind : opened.start()] if opened else text[behind:]
    role = _LEADING_ROLE.match(visible) if visible.lstrip().startswith(("<", "assistant", "Assistant")) else None
    return visible[role.end() :] if role else visible


def end_of_solution(text: str, *, first_answer_end: int | None) -> int:
    """Where the solution stops and a new turn or an invented question begins.

    Only what follows an answer is cut: a text that opens with `Question: ...` restates its own problem. Behind an
    explicit answer every marker counts. Before one, a special token of a chat template counts when the text ahead of
    it has a number, and a written marker when a conclusion ("Therefore ... 5") stands close before it.

    Args:
        first_answer_end: where the first explicit answer of the text ends; None if it has none.
    """
    cuts = [len(text)]
    digit = _DIGIT.search(text)
    for token in _SPECIAL_TOKEN.finditer(text):
        if _is_behind(first_answer_end, token.start()) or (digit and digit.start() < token.start()):
            cuts.append(token.start())
            break
    for question in _NEXT_QUESTION.finditer(text) if _QUESTION_WORD.search(text) else ():
        near = text[max(0, question.start() - _CONCLUSION_REACH) : question.start()]
        if _is_behind(first_answer_end, question.start()) or _CONCLUSION.search(near):
            cuts.append(question.start())
            break
    if first_answer_end is not None and (end := _MINERVA_END.search(text, first_answer_end)):
        cuts.append(end.start())
    return min(cuts)


def _is_behind(first_answer_end: int | None, position: int) -> bool:
    return first_answer_end is not None and first_answer_end <= position
