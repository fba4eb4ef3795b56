"""The groups a recipe trains on, and how long each is in a model's rows."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from evaluator.data import Balance, Group, balance_of, read_groups, refuse_leaks
from evaluator.items import make_item
from evaluator.pairs import chosen
from evaluator.recipe import EvaluatorRecipe
from evaluator.steps import with_steps
from evaluator.trees import Cost, partition
from evaluator.verdict import VerdictTokens
from reasoning.errors import InputError
from reasoning.formats.parse import shown
from reasoning.problems import read_problems


@dataclass(frozen=True)
class TrainingData:
    """What a run trains on.

    Attributes:
        groups: problems with the candidates that are used.
        lengths: tokens of each, what its candidates share counted once.
        balance: of all that was read.
        num_too_long: candidates left out because they are longer than the context.
    """

    groups: list[Group]
    lengths: list[int]
    balance: Balance
    num_too_long: int


def load_training_data(
    recipe: EvaluatorRecipe, verdict: VerdictTokens, *, cost: Cost, max_tokens: int | None
) -> TrainingData:
    """Read, check and measure the training data.

    Raises:
        InputError: nothing to train on, a problem that must not be trained on, or a candidate that is too long.
    """
    section = recipe.data
    groups = read_groups(section.paths)[: section.limit]
    refuse_leaks(groups, section.disjoint_from, name=", ".join(map(str, section.paths)))
    balance = balance_of(groups)
    _check_classes(balance, recipe)
    if section.references is not None:
        solutions = {row.id: row.solution for row in read_problems([section.references]) if row.solution}
        groups = with_steps(groups, solutions)
    if section.mixed_only:
        groups = [group for group in groups if group.is_mixed]
    groups = [chosen(group, section.max_candidates, seed=recipe.seed) for group in groups]
    fitting, lengths, num_too_long = [], [], 0
    for group in groups:
        kept, length = _fitting(group, verdict, recipe, cost, max_tokens)
        num_too_long += len(group.candidates) - len(kept.candidates)
        if kept.candidates:
            fitting.append(kept)
            lengths.append(length)
    if not fitting:
        raise InputError(f"{section.paths[0]}: expected candidates that fit into {max_tokens} tokens, found none")
    if recipe.loss.steps and not any(c.steps for group in fitting for c in group.candidates):
        raise InputError(
            "loss.steps: expected step labels, found none; give data.references, or step_correct in the rows"
        )
    return TrainingData(fitting, lengths, balance, num_too_long)


def _check_classes(balance: Balance, recipe: EvaluatorRecipe) -> None:
    """Refuse data from which the wanted losses learn nothing."""
    if balance.num_distinct_correct in (0, balance.num_distinct):
        raise InputError(
            f"{recipe.data.paths[0]}: expected correct and incorrect samples, found {balance.num_distinct_correct:,} "
            f"correct of {balance.num_distinct:,}; sample at another temperature, or check the grading"
        )
    loss = recipe.loss
    needs_both = recipe.data.mixed_only or loss.margin or loss.listwise or loss.sequence_contrastive
    if needs_both and not balance.num_mixed:
        raise InputError(
            f"{recipe.data.paths[0]}: expected problems with correct and incorrect samples, found none; draw more "
            "samples a problem, or train with cross_entropy alone"
        )


def _fitting(
    group: Group, verdict: VerdictTokens, recipe: EvaluatorRecipe, cost: Cost, max_tokens: int | None
) -> tuple[Group, int]:
    """The group without candidates that are too long, and its length."""
    item = make_item(group, verdict, recipe)
    if max_tokens is not None and max(map(len, item.sequences)) > max_tokens:
        if not recipe.length.skip_too_long:
            raise InputError(
                f"expected at most {max_tokens:,} tokens, the context, found {max(map(len, item.sequences)):,} in a "
                f"candidate of {shown(group.id)}; set length.skip_too_long to leave such candidates out"
            )
        group = _without_long(group, verdict, recipe, max_tokens)
        if not group.candidates:
            return group, 0
        item = make_item(group, verdict, recipe)
    return group, sum(nodes for _, nodes in partition(item.sequences, cost=cost))


def _without_long(group: Group, verdict: VerdictTokens, recipe: EvaluatorRecipe, max_tokens: int) -> Group:
    def fits(part: Group) -> bool:
        return max(map(len, make_item(part, verdict, recipe).sequences)) <= max_tokens

    alone = [replace(group, candidates=(candidate,)) for candidate in group.candidates]
    return replace(group, candidates=tuple(part.candidates[0] for part in alone if fits(part)))


def as_text(data: TrainingData) -> Iterator[str]:
    """The training data for a reader."""
    balance = data.balance
    yield (
        f"{balance.num_samples:,} samples, {balance.num_correct / balance.num_samples:.1%} correct; "
        f"{balance.num_distinct:,} distinct, {balance.num_distinct_correct / balance.num_distinct:.1%} correct"
    )
    yield f"{balance.num_problems:,} problems, {balance.num_mixed:,} with correct and incorrect candidates"
    num_candidates = sum(len(group.candidates) for group in data.groups)
    left_out = f"; left out {data.num_too_long:,} candidates that are too long" if data.num_too_long else ""
    yield (
        f"trains on {num_candidates:,} candidates of {len(data.groups):,} problems, {sum(data.lengths):,} tokens"
        f"{left_out}"
    )
