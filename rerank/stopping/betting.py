"""Evidence that a cluster leads, valid however often one looks: bets against every other cluster.

The claim to be refuted is H(m): cluster m is a mode, no other answer is more likely than m. For each m a player starts
with 1 and before every sample bets on a(m), the cluster that leads so far among those other than m, against m. With
s = w if the sample votes for a(m), -w if it votes for m, else 0 (w = 1 for a vote, the score for a weighted vote) its
wealth is multiplied by 1 + c s, where 0 <= c <= 1 is its stake. Under H(m) the mean of s given the past is
w-weighted p(a) - p(m) <= 0 whatever a(m) is, since it was fixed before the sample: the wealth W(m) never grows on
average, it is a supermartingale from 1, and so is the mean over several stakes with fixed weights. By Ville's
inequality the chance that W(m) ever reaches 1 / delta is at most delta.

- *Chosen by the data, and growing.* Nothing is summed over clusters. Only the player of the true mode m can cause an
  error: to stop with another leader is to have excluded m, and that has probability at most delta. Which cluster
  leads, when it appeared and how many there are does not enter.
- *Not seen yet.* A cluster that has not appeared has its player too; all of these have won the same bets, so one
  wealth stands for them, and a cluster that appears goes on from it.
- *Looking.* The bound holds for all times at once, so the excluded stay excluded and rounds may have any size.
- *Ties.* Of several modes each is one: to name any of them is right.

With a budget of N samples (`horizon`) the claim is about these N: H(m) says that m is a largest cluster of all N. Given
which N samples there are, their order is random (exchangeable; independent draws are), and with R not yet seen
the mean of s is ((S(a) - S(m)) - (s(a) - s(m))) / R, capital letters for all N, small ones for those seen. Under
H(m) it is at most -g / R for the lead g = s(a) - s(m), so the factor is 1 + c (s + g / R) / (1 - g / R), which is
never negative and at most 1 on average. A lead counts for more the less is left.

Sources: betting and Ville: Shafer 2021, Waudby-Smith and Ramdas 2024 (arXiv:2010.09686). Pairs of answers for the
mode of K known classes: Jain et al. 2022 (arXiv:2109.05047), who bet on each fixed pair and divide delta by K - 1;
betting on the leader of the moment needs no K. Without replacement: Waudby-Smith and Ramdas 2020 (arXiv:2006.04347),
ballot audits: Waudby-Smith, Stark and Ramdas 2021 (arXiv:2107.11323).
"""

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

# Stakes and the share of the first wealth on each, chosen on generated streams: a stake of 1 doubles with each vote for
# the leader and loses all with one for m. Six samples that agree are then enough at delta = 0.05; five never could be
# for a rule that also looks at other moments.
STAKES = np.array([1.0, 0.8, 0.6, 0.4, 0.2])
SHARES = np.array([0.41, 0.25, 0.17, 0.11, 0.06])

_SMALLEST = 1e-9  # of 1 - g / R: a smaller stake than the largest one allowed, where that has no bound
_LARGEST = 1e150  # of a wealth, which has long excluded its cluster


class ModeBets:
    """The players' wealth, sample by sample.

    Args:
        delta: the chance of an error that is allowed, in (0, 1).
        horizon: N; None for a claim on the distribution.
    """

    def __init__(self, delta: float, *, horizon: int | None = None) -> None:
        self._threshold = 1 / delta
        self._horizon = horizon
        self._num_samples = 0
        self._rows: dict[int, int] = {}  # label -> row; row 0 stands for the clusters not seen
        self._sums = np.zeros(1)
        self._wealth = SHARES[None].copy()
        self._is_excluded = np.zeros(1, dtype=np.bool_)

    def add(self, label: int | None, weight: float = 1.0) -> None:
        """A sample votes for a cluster, or for none.

        Args:
            weight: in [0, 1].
        """
        against = self._leaders()
        if label is not None and label not in self._rows:
            self._rows[label] = len(self._sums)
            self._sums = np.append(self._sums, 0.0)
            self._wealth = np.vstack([self._wealth, self._wealth[:1]])
            self._is_excluded = np.append(self._is_excluded, self._is_excluded[0])
        row = None if label is None else self._rows[label]
        if against:
            self._settle(row, weight, *against)
        if row is not None:
            self._sums[row] += weight
        self._num_samples += 1

    def is_settled(self, label: int) -> bool:
        """Whether every cluster but this one is excluded, those that have not appeared among them."""
        return bool(self._is_excluded.sum() - self._is_excluded[self._rows[label]] == len(self._sums) - 1)

    def wealth(self, label: int | None) -> float:
        """Of the player against a cluster; None for those that have not appeared."""
        return float(self._wealth[0 if label is None else self._rows[label]].sum())

    def _leaders(self) -> tuple[int, int | None] | None:
        """The first and the second row by what is known before the sample; earlier ones where they tie."""
        if len(self._sums) < 2:
            return None
        order = np.argsort(-self._sums[1:], kind="stable") + 1
        return int(order[0]), int(order[1]) if len(order) > 1 else None

    def _settle(self, row: int | None, weight: float, first: int, second: int | None) -> None:
        """Pay the bets: all players bet on `first`, the one against `first` on `second`."""
        gains = np.zeros(len(self._sums))
        leads = self._sums[first] - self._sums
        if row == first:
            gains[:] = weight
        elif row is not None:
            gains[row] = -weight
        gains[first] = 0.0 if second is None or row not in (first, second) else (-weight if row == first else weight)
        leads[first] = 0.0 if second is None else self._sums[second] - self._sums[first]
        drift = leads / (self._horizon - self._num_samples) if self._horizon else np.zeros(len(self._sums))
        scale = 1 / np.maximum(1 - drift, _SMALLEST)
        factors = 1 + STAKES * (scale * (gains + drift))[:, None]
        if second is None:
            factors[first] = 1.0
        self._wealth = np.minimum(self._wealth * factors, _LARGEST)
        self._is_excluded |= self._wealth.sum(axis=1) >= self._threshold
