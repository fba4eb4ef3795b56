"""The methods of the literature as settings of one loop. A recipe's own settings go before a method's.

Source: the table of section 4, arXiv:2312.06585, and the papers named here.
"""

from collections.abc import Mapping
from typing import Any, Literal, get_args

Method = Literal[
    "rest-em",
    "rest",
    "rft",
    "star",
    "expert-iteration",
    "raft",
    "iml",
    "rwr",
    "distillation",
    "difficulty-aware",
]

HINT = "{problem} (The answer is {answer}.)"

METHODS: Mapping[Method, Mapping[str, Any]] = {
    # ReST-EM, arXiv:2312.06585: no human data, at most ten correct samples a problem, always from the base model
    "rest-em": {"start": "base", "rounds": 3, "keep": {"per_problem": 10}},
    # ReST, arXiv:2308.08998: one set of samples, several trainings on ever better parts of it
    "rest": {
        "start": "previous",
        "rounds": 3,
        "sample_every": 3,
        "keep": {"per_problem": None, "thresholds": [0.5, 0.7, 0.9]},
    },
    # RFT, arXiv:2308.01825: one round of many samples, one a way to calculate
    "rft": {
        "start": "base",
        "rounds": 1,
        "sampling": {"num_samples": 100},
        "keep": {"per_problem": None, "distinct": "calculations"},
    },
    # STaR, arXiv:2203.14465: greedy; what was wrong is asked again with the answer as a hint
    "star": {
        "start": "base",
        "rounds": 3,
        "sampling": {"num_samples": 1, "temperature": 0.0},
        "keep": {"per_problem": 1},
        "hint": HINT,
    },
    # Expert iteration, arXiv:1705.08439: the best sample of each problem
    "expert-iteration": {"start": "previous", "rounds": 3, "keep": {"per_problem": 1, "choose": "best"}},
    # RAFT, arXiv:2304.06767: the best one, on some problems a round
    "raft": {
        "start": "previous",
        "rounds": 10,
        "problems_per_round": 512,
        "keep": {"per_problem": 1, "choose": "best"},
    },
    # Iterative maximum likelihood, arXiv:1611.00020: all correct ones, on some problems a round
    "iml": {"start": "previous", "rounds": 10, "problems_per_round": 512, "keep": {"per_problem": None}},
    # Reward-weighted regression, Peters and Schaal 2007: every sample, by its reward
    "rwr": {
        "start": "previous",
        "rounds": 3,
        "keep": {"per_problem": None, "thresholds": [0.0], "weight_temperature": 1.0},
    },
    # Distillation: another model's samples, `teacher`
    "distillation": {"start": "base", "rounds": 1, "keep": {"per_problem": 10}},
    # DART, arXiv:2407.13690: more trials for harder problems
    "difficulty-aware": {
        "start": "base",
        "rounds": 1,
        "trials": {"by": "proportional", "num_correct": 8, "most_samples": 256},
        "keep": {"per_problem": None},
    },
}
assert set(METHODS) == set(get_args(Method))


def with_method(fields: Any) -> Any:
    """A recipe's fields, those of its `method` where it has none of its own; anything else unchanged."""
    if not isinstance(fields, dict) or fields.get("method") not in METHODS:
        return fields
    return _over(METHODS[fields["method"]], fields)


def _over(settings: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    merged = {**settings, **fields}
    for name, value in settings.items():
        if isinstance(value, Mapping) and isinstance(fields.get(name), Mapping):
            merged[name] = _over(value, fields[name])
    return merged
