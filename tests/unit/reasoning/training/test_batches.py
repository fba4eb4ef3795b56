"""Steps and batches: every example as often as its weight says, within the budget, the same for any resume."""

import itertools
from collections import Counter

import pytest
import torch

from reasoning.training.batches import collate, collate_packed, mixture, share_of_rank, split_padded
from reasoning.training.examples import joined, to_examples
from reasoning.training.plan import Plan

LENGTHS = [3 + 7 * i % 41 for i in range(200)]
PLAN = Plan(lengths=LENGTHS, sizes=[150, 50], weights=[1.0, 0.5], tokens=100, seed=3)


def test_an_epoch_sees_every_example_as_often_as_its_weight() -> None:
    epochs = [Counter(itertools.chain.from_iterable(PLAN.epoch(epoch))) for epoch in range(4)]
    assert all(epoch[i] == 1 for epoch in epochs for i in range(150))
    assert all(sum(epoch[i] for i in range(150, 200)) == 25 for epoch in epochs)
    assert all(epochs[0][i] + epochs[1][i] == 1 == epochs[2][i] + epochs[3][i] for i in range(150, 200))


def test_a_weight_over_one_repeats() -> None:
    seen = Counter(mixture([4, 2], [1, 2.5], seed=0, epoch=0))
    assert [seen[i] for i in range(4)] == [1, 1, 1, 1]
    assert sorted(seen[i] for i in (4, 5)) == [2, 3]


def test_steps_keep_to_the_budget_and_pad_little() -> None:
    steps = PLAN.epoch(0)
    padded = [max(LENGTHS[i] for i in step) * len(step) for step in steps]
    assert max(padded) <= PLAN.tokens
    assert sum(padded) < 1.1 * sum(LENGTHS[i] for step in steps for i in step)


def test_an_example_over_the_budget_is_a_step_of_its_own() -> None:
    assert list(split_padded([0, 1, 2], [5, 500, 5], tokens=100)) == [[0], [1], [2]]


def test_steps_from_the_middle_are_those_of_the_whole() -> None:
    whole = list(PLAN.steps(0, 200))
    assert [step for step, _ in whole] == list(range(200))
    assert list(PLAN.steps(77, 200)) == whole[77:]
    assert PLAN.epoch(0) != PLAN.epoch(1) != Plan(LENGTHS, [150, 50], [1.0, 0.5], 100, seed=4).epoch(1)


@pytest.mark.parametrize("epochs", [1.0, 2.5])
def test_epochs_in_steps(epochs: float) -> None:
    whole = [len(PLAN.epoch(epoch)) for epoch in range(3)]
    assert PLAN.num_steps(1.0) == whole[0]
    assert PLAN.num_steps(2.5) == round(whole[0] + whole[1] + 0.5 * whole[2])
    assert PLAN.num_steps(1e-9) == 1


def test_processes_share_a_step_without_rest() -> None:
    batches = [[0, 1], [2], [3]]
    shares = [share_of_rank(batches, rank=rank, num_ranks=2) for rank in range(2)]
    assert shares == [[[0, 1], [3]], [[2], []]]


def test_targets_are_the_completions() -> None:
    examples = to_examples([([5, 6], [7, 8, 9]), ([4], [3])])
    padded = collate(examples, [0, 1])
    assert padded.input_ids_BT.tolist() == [[5, 6, 7, 8, 9], [4, 3, 0, 0, 0]]
    assert padded.targets_N.tolist() == [7, 8, 9, 3]
    assert padded.index_N.tolist() == [1, 2, 3, 5]
    assert padded.example_N.tolist() == [0, 0, 0, 1]
    packed = collate_packed(examples, [0, 1], width=7)
    assert packed.input_ids_BT.tolist() == [[5, 6, 7, 8, 9, 4, 3]]
    assert packed.position_ids_BT is not None
    assert packed.position_ids_BT.tolist() == [[0, 1, 2, 3, 4, 0, 1]]
    assert torch.equal(packed.targets_N, padded.targets_N)
    assert examples.num_targets([0, 1]) == 4


def test_packed_rows_keep_to_their_width() -> None:
    examples = to_examples([([1], [2]), ([3], [4]), ([5], [6, 7])])
    packed = collate_packed(examples, [0, 1, 2], width=4)
    assert packed.input_ids_BT.tolist() == [[1, 2, 3, 4], [5, 6, 7, 0]]
    assert packed.position_ids_BT is not None
    assert packed.position_ids_BT.tolist() == [[0, 1, 0, 1], [0, 1, 2, 3]]
    assert packed.targets_N.tolist() == [2, 4, 6, 7]


def test_joined_examples_are_those_of_the_parts() -> None:
    parts = [to_examples([([1], [2, 3])]), to_examples([]), to_examples([([4, 5], [6]), ([7], [8])])]
    whole = joined(parts)
    assert [whole.tokens(i).tolist() for i in range(len(whole))] == [[1, 2, 3], [4, 5, 6], [7, 8]]
    assert whole.prompt_lengths.tolist() == [1, 2, 1]
    assert whole.lengths() == [3, 3, 2]
