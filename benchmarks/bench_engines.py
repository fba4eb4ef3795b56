"""Tokens per second of the transformers engine against `model.generate`, called problem by problem.

    python benchmarks/bench_engines.py [MODEL_FOLDER | --untrained] [--dtype bf16]

Without a folder it takes the embedded generator. An untrained model is the worst case: its samples share nothing but
their prompts. Both sides draw at the same temperature from the same prompts and count the tokens before
end-of-sequence alone.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from benchmarks.ratios import ratio_of, tell
from quorum.load import EMBEDDED_MODELS
from reasoning.engines import Request, SamplingParams
from reasoning.engines.loading import LoadedModel, load_model
from reasoning.engines.transformers_engine import TransformersEngine
from reasoning.problems.arith import arith_problems
from reasoning.prompts import solution_prompt
from reasoning.training.bpe import train_bpe


def main() -> None:
    """Print both rates, round by round, and their ratio."""
    args = _arguments()
    torch.set_num_threads(args.threads)
    with tempfile.TemporaryDirectory() as folder:
        name = args.model or str(EMBEDDED_MODELS / "generator")
        loaded = load_model(_untrained(Path(folder)) if args.untrained else name, dtype=args.dtype, device=args.device)
        if args.attention:
            loaded.model.set_attn_implementation(args.attention)
        prompts = [solution_prompt(row.problem) for row in arith_problems("test", limit=args.problems)]
        params = SamplingParams(temperature=args.temperature, top_p=args.top_p, max_tokens=args.max_tokens)
        ours, theirs = [], []
        for _ in range(args.rounds):
            ours.append(_timed("engine", lambda: _engine(loaded, prompts, args.n, params)))
            theirs.append(_timed("generate", lambda: _generate(loaded, prompts, args.n, params)))
        model = "an untrained model" if args.untrained else "a trained model"
        tell(f"sample {args.n} of a problem, {model}", "generate, problem by problem", ratio_of(ours, theirs))


def _engine(loaded: LoadedModel, prompts: list[str], n: int, params: SamplingParams) -> int:
    requests = [Request(prompt, tuple(range(n))) for prompt in prompts]
    return sum(completion.num_tokens for completion in TransformersEngine(loaded).sample(requests, params))


def _generate(loaded: LoadedModel, prompts: list[str], n: int, params: SamplingParams) -> int:
    stop = TransformersEngine(loaded).stop_tokens
    num_tokens = 0
    for prompt in prompts:
        inputs = loaded.tokenizer(prompt, return_tensors="pt", return_token_type_ids=False).to(loaded.device)
        with torch.inference_mode():
            output = loaded.model.generate(
                **inputs,
                do_sample=True,
                num_return_sequences=n,
                max_new_tokens=params.max_tokens,
                temperature=params.temperature,
                top_p=params.top_p,
                top_k=0,
            )
        for row in output[:, inputs["input_ids"].shape[1] :].tolist():
            num_tokens += next((place for place, token in enumerate(row) if token in stop), len(row))
    return num_tokens


def _timed(name: str, work: Callable[[], int]) -> float:
    """The seconds of a token."""
    started = time.perf_counter()
    counted = work()
    seconds = time.perf_counter() - started
    print(f"{name:<8} {counted:>7,} tokens in {seconds:6.1f} s, {counted / seconds:8,.0f} a second", flush=True)
    return seconds / counted


def _untrained(folder: Path) -> str:
    rows = arith_problems("train", limit=2000)
    tokenizer = train_bpe((solution_prompt(row.problem) + (row.solution or "") for row in rows), 1500)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=256,
        intermediate_size=688,
        num_hidden_layers=8,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=1024,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    torch.manual_seed(0)
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", nargs="?", help="a model folder (default: the embedded generator)")
    parser.add_argument("--untrained", action="store_true", help="a Llama of 8 layers of width 256")
    parser.add_argument("--problems", type=int, default=8)
    parser.add_argument("--n", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--max-tokens", type=int, default=300)
    parser.add_argument("--temperature", type=float, default=0.8)
    parser.add_argument("--top-p", type=float, default=1.0)
    parser.add_argument("--dtype", default="auto")
    parser.add_argument("--device")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--attention", help="sdpa or eager (default: the model's)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
