"""Records of a public set through the `datasets` library."""

from collections.abc import Iterator
from typing import Any

from reasoning.errors import InputError


def hub_records(name: str, *, config: str | None, split: str) -> Iterator[dict[str, Any]]:
    """Yield the records of one split.

    Args:
        name: on the hub, or a folder.
        config: the part of it; None for the only one.
        split: as the set names it.

    Raises:
        InputError: not there, not reachable, or without such a split.
    """
    from datasets import load_dataset

    try:
        records = load_dataset(name, config, split=split)
    except Exception as error:  # of several libraries, version by version; the remedy is the same for all of them
        found = f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else 'no message'}"
        part = f"{name} ({config})" if config else name
        raise InputError(
            f"{part}: expected to load its split {split!r} with the datasets library, found {found}; "
            "check the name, the split and the network, or pass a local file with --input FILE"
        ) from error
    yield from records
