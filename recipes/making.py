"""How a document's numbers came about: the end of every document."""

import json
from collections.abc import Iterable
from importlib.metadata import version

from quorum.pipelines.stages import Done
from reasoning.config import Section, resolved

VERSIONED = ("quorum-math", "torch", "transformers", "numpy")


def making(command: str, recipe: Section, done: Iterable[Done]) -> str:
    """The command, the time, the versions and every setting.

    Args:
        command: that makes the numbers again.
        done: the stages; one that several runs share counts once.
    """
    minutes = sum(stage.took_s for stage in {stage.output: stage for stage in done}.values()) / 60
    versions = ", ".join(f"{name} {version(name)}" for name in VERSIONED)
    settings = json.dumps(resolved(recipe), ensure_ascii=False, indent=1)
    return (
        f"`{command}`. All stages together took {minutes:,.0f} minutes; what was cut off and begun again is counted "
        f"once. {versions}.\n\n"
        f"<details><summary>The recipe, every setting</summary>\n\n```json\n{settings}\n```\n\n</details>"
    )
