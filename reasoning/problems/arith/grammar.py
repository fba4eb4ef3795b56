"""Templates: which sentence patterns follow each other, and which split a template belongs to."""

import functools
import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass

from reasoning.problems.arith.families import FAMILIES, Family
from reasoning.problems.arith.numbers import pick
from reasoning.problems.arith.pattern import END, START, Pattern

MAX_STEPS = 8
TEMPLATE_SPLITS = ("train",) * 8 + ("validation", "test")  # tenths

# Of 103 problems, how many get 1 step, 2 steps and so on. Long ones are the harder and the longer to read.
_STEP_WEIGHTS = (12, 18, 19, 17, 13, 10, 8, 6)
_STEPS = tuple(steps for steps, weight in enumerate(_STEP_WEIGHTS, 1) for _ in range(weight))
_MAX_LISTED_STEPS = 4
_MAX_WALKS = 60  # in one family; then another family and number of steps
_FAMILIES = tuple(family for family in FAMILIES for _ in range(family.weight))


@dataclass(frozen=True, slots=True)
class Template:
    """A problem without its names, things, numbers and wordings.

    Attributes:
        patterns: the sentence patterns in order; the first opens the story, the last asks.
        family: of all its patterns.
        name: the names of its patterns, as `has/buys/gives-part/now`.
    """

    patterns: tuple[Pattern, ...]
    family: Family
    name: str

    @property
    def num_steps(self) -> int:
        return sum(pattern.num_steps for pattern in self.patterns)


@functools.lru_cache(maxsize=1 << 16)
def split_of_template(name: str) -> str:
    """`train`, `validation` or `test`, by the template's name alone: no seed moves a template."""
    digest = hashlib.blake2b(name.encode(), digest_size=8).digest()
    return TEMPLATE_SPLITS[int.from_bytes(digest) % len(TEMPLATE_SPLITS)]


@functools.lru_cache(maxsize=1 << 16)
def part_of_template(name: str, num_parts: int) -> int:
    """Which of `num_parts` parts of its split a template belongs to, from 0; independent of the split's own hash."""
    digest = hashlib.blake2b(name.encode(), digest_size=8, person=b"part").digest()
    return int.from_bytes(digest) % num_parts


def draw_template(rng: random.Random, split: str) -> Template:
    """A template of the split (`train`, `validation` or `test`), with 1 to 8 steps.

    The number of steps is drawn first, then the family. Short templates are few, so they are listed and all of a
    family are equally likely; walks of many would end in the same few. Long ones are walks.
    """
    while True:
        num_steps, family = pick(rng, _STEPS), pick(rng, _FAMILIES)
        if num_steps <= _MAX_LISTED_STEPS:
            listed = _listed(family, num_steps, split)
            if listed:
                return pick(rng, listed)
            continue
        for _ in range(_MAX_WALKS):
            patterns = _walk(rng, family, num_steps)
            template = _template(patterns, family) if patterns is not None else None
            if template is not None and split_of_template(template.name) == split:
                return template


@functools.cache
def _listed(family: Family, num_steps: int, split: str) -> tuple[Template, ...]:
    """All short templates of a family with so many steps that belong to the split."""
    templates = (_template(walk, family) for walk in _walks(family, START, num_steps, ()))
    return tuple(t for t in templates if t is not None and split_of_template(t.name) == split)


def _walks(family: Family, state: str, left: int, walk: tuple[Pattern, ...]) -> Iterator[tuple[Pattern, ...]]:
    for pattern in _followers(family, state, left, True):
        yield (*walk, pattern)
    for pattern in _followers(family, state, left, False):
        if pattern not in walk:
            yield from _walks(family, pattern.after, left - pattern.num_steps, (*walk, pattern))


def _walk(rng: random.Random, family: Family, num_steps: int) -> tuple[Pattern, ...] | None:
    """A walk from the start to a question whose steps add up; None if this walk got stuck."""
    state, left, walk = START, num_steps, list[Pattern]()
    while state != END:
        # Where a question would end the story with the right number of steps, it does every second time.
        options = _followers(family, state, left, True)
        if not options or rng.random() < 0.5:
            options = _followers(family, state, left, False) or options
        if not options:
            return None
        chosen = pick(rng, options)
        if chosen in walk:
            return None
        walk.append(chosen)
        state, left = chosen.after, left - chosen.num_steps
    return tuple(walk)


def _template(patterns: tuple[Pattern, ...], family: Family) -> Template | None:
    """The template of a walk; None where part of the story would not count for the answer."""
    if not _uses_everything(patterns):
        return None
    return Template(patterns, family, "/".join([pattern.name for pattern in patterns]))


@functools.cache
def _followers(family: Family, state: str, left: int, ends: bool) -> tuple[Pattern, ...]:
    """The patterns that may come next: those that end the story and use up the steps left, or the others."""
    here = [pattern for pattern in family.patterns if state in pattern.before]
    if ends:
        return tuple(p for p in here if p.after == END and p.num_steps == left)
    return tuple(p for p in here if p.after != END and p.num_steps <= left)


@functools.lru_cache(maxsize=1 << 16)
def _uses_everything(patterns: tuple[Pattern, ...]) -> bool:
    """Whether every number and every result counts for the answer: no step of a solution is idle.

    `b = a + n, c = a - m; what is c?` has an idle step, and `what is c?` after c was told has no step at all.
    """
    unused = set[str]()
    for pattern in patterns:
        for name, _ in pattern.numbers:
            if name in unused:
                return False
            unused.add(name)
        for operation in pattern.operations:
            unused -= {operation.left, operation.right}
            if operation.target in unused:
                return False
            unused.add(operation.target)
    last = [operation.target for pattern in patterns for operation in pattern.operations][-1:]
    return unused == set(last)
