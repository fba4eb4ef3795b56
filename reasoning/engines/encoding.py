"""Prompts as tokens, plain or through the tokenizer's chat template."""

from typing import Any

from reasoning.model_folder import ModelCard

Tokens = tuple[int, ...]


class Encoder:
    """Turns texts into tokens and back.

    Args:
        tokenizer: of transformers.
        chat: put prompts into a user's turn.
    """

    def __init__(self, tokenizer: Any, *, chat: bool) -> None:
        self._tokenizer = tokenizer
        self.chat = chat

    def prompt(self, text: str) -> Tokens:
        """The tokens of a prompt, with what the tokenizer or the template puts around it."""
        return self._tokens(self._prompt_text(text), special=not self.chat)

    def label(self, prompt: str, label: str) -> Tokens:
        """The tokens of a label behind a prompt; by itself where the tokenizer would join it to the prompt."""
        before = self.prompt(prompt)
        whole = self._tokens(self._prompt_text(prompt) + label, special=not self.chat)
        if len(whole) > len(before) and whole[: len(before)] == before:
            return whole[len(before) :]
        return self._tokens(label, special=False)

    def text(self, tokens: list[int]) -> str:
        """The text of generated tokens."""
        text: str = self._tokenizer.decode(tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        return text

    def _prompt_text(self, text: str) -> str:
        if not self.chat:
            return text
        turn = [{"role": "user", "content": text}]
        filled: str = self._tokenizer.apply_chat_template(turn, tokenize=False, add_generation_prompt=True)
        return filled

    def _tokens(self, text: str, *, special: bool) -> Tokens:
        return tuple(self._tokenizer(text, add_special_tokens=special)["input_ids"])


def uses_chat(tokenizer: Any, card: ModelCard | None) -> bool:
    """Whether a model's prompts go through its chat template: as its card says, else where it has one."""
    return card.chat if card is not None else bool(tokenizer.chat_template)
