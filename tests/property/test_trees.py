"""Merging sequences loses nothing: every sequence is found again, and each node sees exactly what is before it."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from evaluator.trees import Cost, grow, partition

SEQUENCES = st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=8).map(tuple), min_size=1, max_size=8)
COSTS = st.builds(Cost, st.sampled_from([0.0, 1.0, 10.0]), st.sampled_from([0.0, 0.1, 1.0]), st.integers(0, 40))


@given(SEQUENCES, COSTS, st.integers(0, 5))
def test_every_sequence_is_in_one_tree(sequences: list[tuple[int, ...]], cost: Cost, before: int) -> None:
    trees = grow(sequences, cost=cost, before=before)
    assert sorted(member for tree in trees for member in tree.members) == list(range(len(sequences)))
    for tree in trees:
        for member, path in zip(tree.members, tree.paths, strict=True):
            assert tuple(tree.tokens[path].tolist()) == sequences[member]
            assert tree.depths[path].tolist() == list(range(len(path)))


@given(SEQUENCES, COSTS)
def test_nodes_see_their_beginnings(sequences: list[tuple[int, ...]], cost: Cost) -> None:
    for tree in grow(sequences, cost=cost):
        sees = tree.sees()
        assert (sees.sum(axis=1) == tree.depths + 1).all()
        for path in tree.paths:
            for depth, node in enumerate(path):
                assert np.flatnonzero(sees[node]).tolist() == sorted(path[: depth + 1].tolist())


@given(SEQUENCES)
def test_where_nodes_alone_cost_beginnings_are_computed_once(sequences: list[tuple[int, ...]]) -> None:
    (tree,) = grow(sequences, cost=Cost(1.0, 0.0, 1000))
    assert len(tree) == len({sequence[: i + 1] for sequence in sequences for i in range(len(sequence))})


@given(SEQUENCES, st.integers(0, 5))
def test_nothing_is_merged_where_rows_cannot_be(sequences: list[tuple[int, ...]], max_nodes: int) -> None:
    parts = partition(sequences, cost=Cost(1.0, 0.0, max_nodes))
    if max(map(len, sequences)) > max_nodes:
        assert [members for members, _ in parts] == [[i] for i in range(len(sequences))]
        assert all(tree.is_chain for tree in grow(sequences, cost=Cost(1.0, 0.0, max_nodes)))
    assert all(nodes <= max(max_nodes, len(sequences[members[0]])) for members, nodes in parts)


@given(SEQUENCES, COSTS)
def test_partition_tells_the_size_of_the_trees(sequences: list[tuple[int, ...]], cost: Cost) -> None:
    sizes = [nodes for _, nodes in partition(sequences, cost=cost)]
    assert [len(tree) for tree in grow(sequences, cost=cost)] == sizes
