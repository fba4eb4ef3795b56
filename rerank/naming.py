"""How a metric is written in tables and figures: name, K and the number of samples in one word; and how a count is."""

STEMS = {
    "first": "First",
    "mean": "Mean",
    "pass": "Pass",
    "maj1": "Maj1",
    "majk": "Maj{k}",
    "rr.all": "RR.All",
    "rr.majk": "RR.Maj{k}",
    "w.rr": "W.RR",
    "w.rr.majk": "W.RR.Maj{k}",
    "maj1.topn": "Maj1.Top{k}",
}
MEANINGS = {
    "first": "the first sample",
    "mean": "one sample, mean over all but the greedy one",
    "pass": "oracle: some sample is right",
    "maj1": "majority vote",
    "majk": "oracle: one of the {k} largest clusters is right",
    "rr.all": "best score of all",
    "rr.majk": "best score in the {k} largest clusters",
    "w.rr": "largest summed score",
    "w.rr.majk": "largest summed score of the {k} largest clusters",
    "maj1.topn": "majority vote of the {k} best scores",
}


def stem(name: str, k: int | None = None) -> str:
    """`W.RR.Maj8` for ("w.rr.majk", 8); `W.RR.MajK` and `Maj1.TopN` where no number is given."""
    if (name, k) == ("majk", 1):
        return "MajK=1"  # `Maj1` is the vote
    letter = "N" if name == "maj1.topn" else "K"
    return STEMS[name].format(k=letter if k is None else k)


def title(name: str, n: int, k: int | None = None) -> str:
    """`W.RR.Maj8@64` for ("w.rr.majk", 64, 8)."""
    return f"{stem(name, k)}@{n}"


def is_oracle(name: str, n: int) -> bool:
    """Whether a metric looks at the expected answer: a bound on what choosing can reach, not a strategy.

    Pass@1 is none: with one sample there is nothing to choose.
    """
    return name in ("majk", "pass") and n > 1


def meaning(name: str, n: int, k: int | None = None) -> str:
    """What the metric is, in a few words."""
    if (name, n) == ("pass", 1):
        return "one sample"
    return MEANINGS[name].format(k="K" if k is None else k)


def counted(number: int, noun: str) -> str:
    """`1 problem`, `1,319 problems`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
