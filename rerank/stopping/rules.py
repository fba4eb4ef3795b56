"""When to stop sampling a problem: the rules by name, and one of them at work.

`lossless`, `anytime:DELTA` and `budget:DELTA` come with a guarantee; `beta:C`, `share:C` and `fixed:N` are what other
tools do, for comparison.
"""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from math import ceil
from typing import Literal

from reasoning.errors import InputError
from rerank.stopping.betting import ModeBets
from rerank.stopping.lossless import is_decided
from rerank.stopping.standings import Tally
from rerank.strategies import DEFAULT_K, DEFAULT_TOP_N, STRATEGIES

Reason = Literal["decided", "settled", "budget"]

GUARANTEED = ("lossless", "anytime", "budget")
OTHERS = ("beta", "share", "fixed")
SETTLING = ("maj1", "w.rr")  # strategies that anytime and budget know a claim for
MIN_FOR_SHARE = 4  # one sample always agrees with itself
MOST_ROUNDS = 16


@dataclass(frozen=True, slots=True)
class StopRule:
    """A rule.

    Attributes:
        name: "lossless": no outcome of the rest can change the answer. "anytime": with an error of at most `parameter`,
            the leader is the mode of what the generator says. "budget": with an error of at most `parameter`, no
            answer would have more of the full budget. "beta": AdaptiveConsistency's, the leader against the
            runner-up. "share": the leader has this share of at least four samples. "fixed": after so many.
        parameter: of the rule; None for lossless.
    """

    name: str
    parameter: float | None = None

    def __str__(self) -> str:
        return self.name if self.parameter is None else f"{self.name}:{self.parameter:g}"

    @property
    def is_guaranteed(self) -> bool:
        return self.name in GUARANTEED

    @property
    def needs_mode(self) -> bool:
        """Whether it makes a claim about the largest cluster."""
        return self.name in ("anytime", "budget")


def parse_rule(text: str, *, among: Sequence[str] = (*GUARANTEED, *OTHERS)) -> StopRule:
    """`lossless`, `anytime:0.05`, `budget:0.05`, `beta:0.95`, `share:0.75` or `fixed:8` as a rule.

    Raises:
        InputError: another name, a parameter missing or out of range.
    """
    name, _, number = text.partition(":")
    if name not in among:
        forms = ", ".join(form for form in FORMS if form.partition(":")[0] in among)
        raise InputError(f"expected a stopping rule as {forms}; found {text!r}")
    if name == "lossless":
        if number:
            raise InputError(f"expected lossless without a number, found {text!r}")
        return StopRule(name)
    try:
        parameter = float(number)
    except ValueError:
        parameter = float("nan")
    in_range = parameter >= 1 and parameter.is_integer() if name == "fixed" else 0 < parameter < 1
    if not in_range:
        what = "a whole number of at least 1" if name == "fixed" else "a number between 0 and 1"
        raise InputError(f"expected {what} after {name}:, as {EXAMPLES[name]}; found {text!r}")
    return StopRule(name, parameter)


EXAMPLES = {
    "lossless": "lossless",
    "anytime": "anytime:0.05",
    "budget": "budget:0.05",
    "beta": "beta:0.95",
    "share": "share:0.75",
    "fixed": "fixed:8",
}
FORMS = tuple(EXAMPLES.values())


class Watch:
    """A rule that watches the samples of one problem.

    Args:
        rule: which one.
        strategy: that will select, a key of STRATEGIES.
        budget: samples that may be drawn at most.
        scored: whether an evaluator may score samples.
        k: see rerank.strategies.select, as for the next.
        top_n: see there.
        ends_when_decided: stop too where the rest cannot change the answer, as rules with a guarantee do; a replay that
            knows this moment already asks for it once.

    Raises:
        InputError: the rule makes no claim about what the strategy selects.
    """

    def __init__(
        self,
        rule: StopRule,
        *,
        strategy: str,
        budget: int,
        scored: bool,
        k: int = DEFAULT_K,
        top_n: int = DEFAULT_TOP_N,
        ends_when_decided: bool = True,
    ) -> None:
        check_rule(rule, strategy)
        self._ends_when_decided = ends_when_decided and rule.is_guaranteed
        self._rule, self._strategy, self._budget, self._k, self._top_n = rule, strategy, budget, k, top_n
        self._tally = Tally(scored=scored)
        self._bets: ModeBets | None = None
        if rule.needs_mode and rule.parameter is not None:
            self._bets = ModeBets(rule.parameter, horizon=budget if rule.name == "budget" else None)

    def add(self, sample: int, label: int | None, score: float | None, *, pending: bool = False) -> None:
        """A sample has come; see Tally.add. Failed samples count as samples without an answer."""
        self._tally.add(sample, label, score, pending=pending)
        if self._bets is not None:
            weight = 1.0 if self._strategy == "maj1" else (score or 0.0)
            self._bets.add(label, weight if label is not None else 0.0)

    @property
    def reason(self) -> Reason | None:
        """Why to stop: the answer is decided, it is settled by the rule, the budget is used up; None to go on."""
        num_samples, rule = self._tally.num_samples, self._rule
        if num_samples >= self._budget:
            return "budget"
        if self._ends_when_decided and self._is_decided():
            return "decided"
        if rule.needs_mode:
            return "settled" if self._is_settled() else None
        return "settled" if rule.name in OTHERS and self._is_met(rule.parameter or 0.0) else None

    def num_until_stop(self) -> int:
        """Samples after which the rule stops at the earliest: if all agree with the leader and are fully trusted.

        To ask for so many at once wastes none, as no smaller number could end the sampling; but for a sixteenth of the
        budget, which bounds the number of rounds.
        """
        ahead, most = deepcopy(self), self._budget - self._tally.num_samples
        label = self._tally.leader("weight" if self._strategy in ("w.rr", "w.rr.majk") else "votes")
        for number in range(1, most):
            ahead.add(ahead._tally.next_sample, 0 if label is None else label, 1.0 if self._tally.scored else None)
            if ahead.reason is not None:
                return min(most, max(number, ceil(self._budget / MOST_ROUNDS)))
        return max(most, 1)

    def _is_decided(self) -> bool:
        remaining = self._budget - self._tally.num_samples
        return is_decided(self._tally, self._strategy, remaining=remaining, k=self._k, top_n=self._top_n)

    def _is_settled(self) -> bool:
        leader = self._tally.leader("votes" if self._strategy == "maj1" else "weight")
        return leader is not None and self._bets is not None and self._bets.is_settled(leader)

    def _is_met(self, parameter: float) -> bool:
        if self._rule.name == "fixed":
            return self._tally.num_samples >= parameter
        votes = sorted((standing.votes for standing in self._tally.standings.values()), reverse=True)
        if not votes:
            return False
        if self._rule.name == "share":
            return self._tally.num_samples >= MIN_FOR_SHARE and votes[0] >= parameter * self._tally.num_samples
        return beta_confidence(votes[0], votes[1] if len(votes) > 1 else 0) >= parameter


def check_rule(rule: StopRule, strategy: str) -> None:
    """Refuse a rule that makes no claim about what the strategy selects."""
    if strategy not in STRATEGIES:
        raise InputError(f"expected a strategy out of {', '.join(STRATEGIES)}; got {strategy!r}")
    if rule.needs_mode and strategy not in SETTLING:
        raise InputError(
            f"{rule}: expected strategy {' or '.join(SETTLING)}, which select the largest cluster; found {strategy}. "
            "Use one of them, or lossless"
        )


def beta_confidence(first: int, second: int) -> float:
    """P(the leader is more likely than the runner-up) given their votes, both equally likely before.

    It takes the leader as given, and is looked at after every sample: 0.95 of it is no 95%.

    Source: the Beta criterion of AdaptiveConsistency, arXiv:2305.11860.
    """
    from scipy.special import betainc

    return 1.0 - float(betainc(first + 1, second + 1, 0.5))


def stop_note(rule: StopRule | None, reason: Reason | None, num_samples: int, budget: int) -> tuple[str, ...]:
    """What a reader should know of sampling that a rule ended: a sentence, or none."""
    if rule is None or reason not in ("decided", "settled"):
        return ()
    claims = {
        "anytime": "this answer is the generator's most likely one, by {what}, with an error of at most {delta}",
        "budget": "no answer would have more of all samples, by {what}, with an error of at most {delta}",
    }
    claim = "the rest could not change the answer"
    if reason == "settled":
        claim = claims.get(rule.name, f"the rule {rule} says so, which guarantees nothing")
        claim = claim.format(what="votes or summed scores", delta=f"{rule.parameter:g}")
    return (f"Stopped after {num_samples} of {budget} samples: {claim}.",)
