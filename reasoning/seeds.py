"""Seeds keyed by what they are for, so that a resumed, re-sharded or reordered run draws the same samples."""

import hashlib
import json

_BITS = 53  # what every reader of JSON keeps exactly


def sample_seed(run_seed: int, problem_id: str, sample: int) -> int:
    """The seed of one sample: a hash of the run's seed, the problem's id and the sample's index."""
    key = json.dumps([run_seed, problem_id, sample]).encode()
    return int.from_bytes(hashlib.sha256(key).digest()) >> (256 - _BITS)
