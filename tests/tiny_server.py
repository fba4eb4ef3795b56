"""A real HTTP server with OpenAI's interface around a tiny model, with faults on demand."""

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerFast

MODEL = "tiny"
RANDOM = threading.Lock()  # torch's state, which all servers share, also with requests that nobody waits for any more


@dataclass
class TinyServer:
    """What the server does, and what it was asked.

    Attributes:
        serves_completions: plain completions; else it has the chat endpoint alone.
        takes_n: it sends `n` choices; else it ignores `n`.
        gives_logprobs: of next tokens, the `top` most likely, and of echoed prompts where `echoes`.
        faults: statuses of the next answers, one each; 0 waits for longer than the client does.
        instead: sent with status 200 in place of the next answers: HTML where it begins with <, else JSON.
        asked: bodies of the requests, in order.
    """

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerFast
    serves_completions: bool = True
    takes_n: bool = True
    gives_logprobs: bool = True
    top: int = 20
    echoes: bool = True
    models: tuple[str, ...] = (MODEL,)
    key: str | None = None
    faults: list[int] = field(default_factory=list)
    instead: list[str] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""

    @contextlib.contextmanager
    def running(self) -> Iterator["TinyServer"]:
        """Serve on a free port of the loopback while the block runs."""
        handler = type("Handler", (_Handler,), {"tiny": self})
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        self.url = f"http://127.0.0.1:{server.server_port}/v1"
        try:
            yield self
        finally:
            server.shutdown()
            thread.join()
            server.server_close()

    def answer(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Status and body of an answer."""
        chat = path.endswith("/chat/completions")
        if not chat and not (self.serves_completions and path.endswith("/completions")):
            return 404, _error("no such page")
        if body["model"] not in self.models:
            return 404, _error(f"the model {body['model']} does not exist")
        text = body["messages"][0]["content"] if chat else body["prompt"]
        if chat:
            turn = [{"role": "user", "content": text}]
            text = str(self.tokenizer.apply_chat_template(turn, tokenize=False, add_generation_prompt=True))
        tokens = self.tokenizer(text)["input_ids"]
        limit = self.model.config.max_position_embeddings
        if len(tokens) + body["max_tokens"] > limit:
            return 400, _error(f"this model's maximum context length is {limit} tokens")
        with RANDOM:
            choices = [
                self._choice(tokens, text, body, chat, i) for i in range(body.get("n", 1) if self.takes_n else 1)
            ]
        usage = {"prompt_tokens": len(tokens), "completion_tokens": sum(c.pop("count") for c in choices)}
        usage["total_tokens"] = sum(usage.values())
        return 200, {"id": "1", "object": "-", "created": 0, "model": MODEL, "choices": choices, "usage": usage}

    def _choice(self, tokens: list[int], text: str, body: dict[str, Any], chat: bool, index: int) -> dict[str, Any]:
        prompt = torch.tensor([tokens])
        if body.get("seed") is not None:
            torch.manual_seed(body["seed"] + index)
        greedy = body["temperature"] == 0
        drawn = {} if greedy else {"temperature": body["temperature"], "top_p": body.get("top_p", 1.0)}
        with torch.inference_mode():
            output = self.model.generate(  # type: ignore[operator]
                prompt,
                attention_mask=torch.ones_like(prompt),
                do_sample=not greedy,
                max_new_tokens=body["max_tokens"],
                top_k=body.get("top_k") or None,
                **drawn,
            )
            logprobs = self.model(prompt).logits[0].log_softmax(-1)
        new = output[0, len(tokens) :].tolist()
        stops = new[-1] == self.tokenizer.eos_token_id
        new = new[:-1] if stops else new
        said = str(self.tokenizer.decode(new))
        choice = {"index": index, "finish_reason": "stop" if stops else "length", "count": len(new)}
        wants = self.gives_logprobs and body.get("logprobs")
        top = {self.tokenizer.decode([i]): float(p) for p, i in zip(*logprobs[-1].topk(self.top), strict=True)}
        if chat:
            ranked = [{"token": token, "logprob": logprob, "bytes": None} for token, logprob in top.items()]
            first = {"token": said, "logprob": 0.0, "bytes": None, "top_logprobs": ranked}
            message = {"role": "assistant", "content": said}
            return choice | {"message": message, "logprobs": {"content": [first]} if wants else None}
        if body.get("echo") and wants and self.echoes:
            own = [None] + [float(logprobs[place, token]) for place, token in enumerate(tokens[1:])]
            pieces = [self.tokenizer.decode([token]) for token in tokens + new]
            return choice | {
                "text": text + said,
                "logprobs": {"tokens": pieces, "token_logprobs": own + [-1.0] * len(new), "top_logprobs": None},
            }
        pieces = [self.tokenizer.decode([token]) for token in new]
        own_alone = {"tokens": pieces, "token_logprobs": [-1.0] * len(new), "top_logprobs": [top]}
        return choice | {"text": said, "logprobs": own_alone if wants else None}


class _Handler(BaseHTTPRequestHandler):
    tiny: TinyServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.tiny.instead:
            return self._send_text(200, self.tiny.instead.pop(0))
        return self._send(
            200, {"object": "list", "data": [{"id": name, "object": "model"} for name in self.tiny.models]}
        )

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.tiny.asked.append(body)
        if self.tiny.key is not None and self.headers["Authorization"] != f"Bearer {self.tiny.key}":
            return self._send(401, _error("wrong key"))
        if self.tiny.faults:
            status = self.tiny.faults.pop(0)
            if status:
                return self._send(status, _error("not now"))
            time.sleep(0.5)
        if self.tiny.instead:
            return self._send_text(200, self.tiny.instead.pop(0))
        return self._send(*self.tiny.answer(self.path, body))

    def _send(self, status: int, body: dict[str, Any]) -> None:
        self._send_text(status, json.dumps(body))

    def _send_text(self, status: int, text: str) -> None:
        content = text.encode()
        kind = "text/html" if text.startswith("<") else "application/json"
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # a client that did not wait
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        pass


def _error(message: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": "-", "code": None, "param": None}}
