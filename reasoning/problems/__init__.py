"""Problems: public sets, any file with a question and an answer, and procedural word problems."""

from reasoning.problems.manifest import check_disjoint, manifest_of, problem_hash, read_manifest, write_manifest
from reasoning.problems.read import ProblemOptions, load_problems, read_problems
from reasoning.problems.rows import ProblemRow
from reasoning.problems.sets import SETS, ProblemSet

__all__ = [
    "SETS",
    "ProblemOptions",
    "ProblemRow",
    "ProblemSet",
    "check_disjoint",
    "load_problems",
    "manifest_of",
    "problem_hash",
    "read_manifest",
    "read_problems",
    "write_manifest",
]
