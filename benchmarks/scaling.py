"""What a plan past one machine takes: the tables of docs/scaling.md, computed from the rates below.

    python benchmarks/scaling.py

Every rate has its source; replace the ones marked "assumed" by what `benchmarks/bench_engines.py`, `bench_scoring.py`
and a short training run measure on your machine, and run it again.
"""

from dataclasses import dataclass

PROBLEMS, SAMPLES = 12_500, 64
PROMPT_TOKENS, SOLUTION_TOKENS = 150, 350  # MATH: a problem, a sampled solution
VERDICT_TOKENS = 40  # of the verdict prompt around them
HOUR_S = 3600

GPU_FLOPS = 790e12  # bf16, dense; NVIDIA H200
GPU_BANDWIDTH = 4.8e12  # bytes a second; H200, data sheet
GPU_BYTES = 139 * 2**30
PREFILL_SHARE, TRAIN_SHARE, DECODE_SHARE = 0.5, 0.4, 0.6  # of the limits; assumed
DECODE_BATCH = 256  # samples decoded at a time on one replica; assumed
GRADED_ROWS_S = 9_600  # a second and core: benchmarks/bench_bulk.py
ROW_BYTES = 1_700  # of a row with its texts, as JSON; assumed
PACKED = 4  # how much gzip saves; assumed


@dataclass(frozen=True)
class Model:
    """A decoder-only model with grouped-query attention.

    Attributes:
        params: of it.
        layers, kv_width: keys of one token and layer are kv_width numbers, and so are values.
        gpus: of one replica that samples, at least as many as the weights need.
        zero: stage, and the GPUs that training takes.
    """

    name: str
    params: float
    layers: int
    kv_width: int
    gpus: int
    zero: int
    train_gpus: int

    @property
    def weight_bytes(self) -> float:
        return 2 * self.params

    @property
    def cache_bytes(self) -> float:
        """Keys and values of one token in bf16."""
        return 2 * 2 * self.layers * self.kv_width

    @property
    def train_bytes(self) -> float:
        """Of one GPU in training: weights, gradients, fp32 weights and AdamW's two moments, 16 bytes a parameter.

        ZeRO 2 divides all but the weights among the GPUs, ZeRO 3 these, too.
        """
        whole = 2 if self.zero < 3 else 0
        return (whole + (16 - whole) / self.train_gpus) * self.params


MODELS = (
    Model("7B", 7.6e9, layers=28, kv_width=512, gpus=1, zero=2, train_gpus=8),
    Model("70B", 70.6e9, layers=80, kv_width=1024, gpus=2, zero=3, train_gpus=32),
)


def decode_rate(model: Model, batch: int) -> float:
    """Sampled tokens a second of one replica: a step reads the weights once and every sample's cache."""
    mean_length = PROMPT_TOKENS + SOLUTION_TOKENS / 2
    step_bytes = model.weight_bytes + batch * mean_length * model.cache_bytes
    step_flops = 2 * model.params * batch
    step_s = max(
        step_bytes / (model.gpus * GPU_BANDWIDTH * DECODE_SHARE), step_flops / (model.gpus * GPU_FLOPS * PREFILL_SHARE)
    )
    return batch / step_s


def prefill_rate(model: Model) -> float:
    """Read tokens a second of one replica."""
    return model.gpus * GPU_FLOPS * PREFILL_SHARE / (2 * model.params)


def batch_of(model: Model) -> int:
    """Samples whose caches fit beside the weights, at most DECODE_BATCH."""
    room = model.gpus * GPU_BYTES * 0.9 - model.weight_bytes
    return min(DECODE_BATCH, int(room / ((PROMPT_TOKENS + SOLUTION_TOKENS) * model.cache_bytes)))


def training_set(model: Model) -> list[tuple[str, str, str]]:
    """One pass over MATH with 64 samples a problem: (stage, tokens, GPU hours)."""
    rows = PROBLEMS * SAMPLES
    sampled = rows * SOLUTION_TOKENS
    sample_s = (sampled / decode_rate(model, batch_of(model)) + PROBLEMS * PROMPT_TOKENS / prefill_rate(model)) * (
        model.gpus
    )
    # What candidates share is read once: the problem; each solution and the end of the prompt are their own.
    judged = PROBLEMS * (PROMPT_TOKENS + VERDICT_TOKENS / 2) + rows * (SOLUTION_TOKENS + VERDICT_TOKENS / 2)
    judge_s = judged / prefill_rate(model) * model.gpus
    whole = rows * (PROMPT_TOKENS + VERDICT_TOKENS + SOLUTION_TOKENS)
    padded_s = whole / prefill_rate(model) * model.gpus
    generator = 2 * PROBLEMS * (PROMPT_TOKENS + SOLUTION_TOKENS)  # two epochs of reference solutions
    evaluator = judged  # one epoch of all samples
    train_rate = GPU_FLOPS * TRAIN_SHARE / (6 * model.params)
    return [
        ("train the generator (2 epochs)", count(generator), hours(generator / train_rate)),
        ("sample", count(sampled), hours(sample_s)),
        ("grade and cluster", f"{rows:,} rows", f"{rows / GRADED_ROWS_S / 60:.0f} core minutes"),
        ("train the evaluator (1 epoch)", count(evaluator), hours(evaluator / train_rate)),
        ("score", count(judged), f"{hours(judge_s)} ({hours(padded_s)} without sharing)"),
    ]


def service(model: Model, questions_a_minute: int, samples: int) -> list[tuple[str, str]]:
    """Replicas for a service that samples and judges every question."""
    per_s = questions_a_minute / 60
    decode = per_s * samples * SOLUTION_TOKENS
    judged = per_s * (PROMPT_TOKENS + samples * (SOLUTION_TOKENS + VERDICT_TOKENS / 2))
    load = decode / decode_rate(model, batch_of(model)) + (judged + per_s * PROMPT_TOKENS) / prefill_rate(model)
    answer_s = SOLUTION_TOKENS * batch_of(model) / decode_rate(model, batch_of(model))
    replicas = -(-load // 0.7)  # at 70% load, so that waiting stays short
    return [
        ("samples a question", f"{samples}"),
        ("sampled tokens a second", f"{decode:,.0f}"),
        ("judged tokens a second", f"{judged:,.0f}"),
        ("replicas at 70% load", f"{replicas:,.0f} of {model.gpus} GPU{'s' if model.gpus > 1 else ''}"),
        ("seconds of one answer, at least", f"{answer_s:.1f}"),
    ]


def count(tokens: float) -> str:
    return f"{tokens / 1e6:,.0f} M tokens"


def hours(seconds: float) -> str:
    return f"{seconds / HOUR_S:,.1f} GPU hours"


def main() -> None:
    rows = PROBLEMS * SAMPLES
    print(
        f"Sample rows: {rows:,}, {rows * ROW_BYTES / 2**30:.1f} GiB ({rows * ROW_BYTES / PACKED / 2**30:.1f} in gzip)"
    )
    for model in MODELS:
        weights, training = model.weight_bytes / 2**30, model.train_bytes / 2**30
        print(f"\n{model.name}: {weights:.0f} GiB of weights, {model.cache_bytes / 1024:.0f} KiB of cache a token")
        print(f"training: {model.train_gpus} GPUs, ZeRO {model.zero}, {training:.0f} GiB a GPU and activations")
        sampled, read = decode_rate(model, batch_of(model)), prefill_rate(model)
        print(
            f"one replica: {model.gpus} GPU, {batch_of(model)} samples at a time, {sampled:,.0f} sampled and "
            f"{read:,.0f} read tokens/s"
        )
        for line in training_set(model):
            print("| " + " | ".join(line) + " |")
        for samples in (16, 6):
            for pair in service(model, 1000, samples):
                print("| " + " | ".join(pair) + " |")


if __name__ == "__main__":
    main()
