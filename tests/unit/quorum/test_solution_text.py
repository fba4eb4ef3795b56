"""A solution as text: what a reader sees, in every case."""

from dataclasses import replace

from quorum.solution_text import sample_line, solution_text
from reasoning.types import Candidate
from rerank.clusters import Cluster
from rerank.solution import Sampled, Solution, Timings, Usage


def cluster(answer: str, samples: dict[int, float | None]) -> Cluster:
    return Cluster(tuple(Candidate(i, answer, score, generation=f"so\n#### {answer}") for i, score in samples.items()))


LARGE, BEST = cluster("6", {0: 0.1, 1: None}), cluster("5", {2: 0.875})
SOLUTION = Solution(
    answer="5",
    solution="so\n#### 5",
    confidence=0.29,
    confidence_kind="score share",
    abstained=False,
    reason=None,
    degraded=False,
    notes=(),
    strategy="w.rr.majk",
    sample=2,
    clusters=(LARGE, BEST),
    candidates=(*LARGE.candidates, *BEST.candidates, Candidate(3, None)),
    num_failed=0,
    usage=Usage(num_samples=4, prompt_tokens=20, completion_tokens=1234, evaluator_tokens=567),
    timings=Timings(generate_s=1.5, score_s=0.5, rerank_s=0.0),
    models={"generator": "g", "evaluator": "e"},
)


def test_the_whole() -> None:
    assert solution_text(SOLUTION, k=8) == (
        "  answer                        votes  score sum  best score\n"
        "  6                                 2       0.10       0.100\n"
        "  5                                 1       0.88       0.875 (chosen)\n"
        "  no answer in 1 sample, which do not vote\n"
        "\n"
        "Answer: 5\n"
        "\n"
        "Solution (sample 2):\n"
        "    so\n"
        "    #### 5\n"
        "\n"
        "Chosen by w.rr.majk: the largest summed score of the 8 largest clusters.\n"
        "The vote alone would have said 6.\n"
        "Confidence: 0.29 (score share of the chosen answer, which is no calibrated probability).\n"
        "\n"
        "4 samples, 1,234 tokens, 567 read by the evaluator; 2.0 s (sampling 1.5 s, scoring 0.5 s).\n"
        "Models: g and e."
    )


def test_held_back() -> None:
    held = replace(SOLUTION, answer=None, solution=None, abstained=True, reason="too unsure")
    text = solution_text(held, k=8)
    assert "No answer: too unsure." in text
    assert "0.875 (held back)" in text
    assert "so\n" not in text


def test_no_answer_at_all() -> None:
    nothing = replace(
        SOLUTION,
        answer=None,
        solution=None,
        confidence=None,
        abstained=True,
        reason="no sample gives an answer",
        sample=None,
        clusters=(),
    )
    text = solution_text(nothing, k=8)
    assert text.startswith("No answer: no sample gives an answer.\n\n4 samples")
    assert "Confidence" not in text


def test_calibrated_and_notes() -> None:
    text = solution_text(replace(SOLUTION, confidence_kind="calibrated", notes=("Two failed.", "A demo.")), k=8)
    assert "Confidence: 0.29 (calibrated: the share of such answers that is correct on validation problems)." in text
    assert text.endswith("Note: Two failed.\n\nNote: A demo.")


def test_many_clusters_are_cut_but_never_the_chosen_one() -> None:
    many = [cluster(str(i), {10 + i: 0.5}) for i in range(11)]
    lines = solution_text(replace(SOLUTION, clusters=(*many, BEST)), k=8).splitlines()
    assert [line.split()[0] for line in lines[1:10]] == ["0", "1", "2", "3", "4", "5", "6", "7", "5"]
    assert lines[10] == "  3 other answers in 3 samples"


def test_no_text_steers_the_terminal() -> None:
    hostile = cluster("\x1b[2J\n7 \u202e" + "9" * 40, {0: 0.5})
    solution = replace(SOLUTION, answer="\x1b]0;x\x07", solution="a\r\x1b[1A", sample=0, clusters=(hostile,))
    text = solution_text(solution, k=8)
    assert not {"\x1b", "\r", "\x07"} & set(text)
    assert "\\u001b[2J 7" in text
    assert "999..." in text


def test_sample_lines() -> None:
    candidate = Candidate(7, "12", num_tokens=31)
    assert sample_line(Sampled(candidate, "stop", None)) == f"  sample   7  {'12':<28}  31 tokens"
    assert sample_line(Sampled(candidate, "length", None)).endswith("31 tokens, cut off")
    assert "no answer" in sample_line(Sampled(replace(candidate, answer=None), "stop", None))
    assert sample_line(Sampled(candidate, "error", "time-out")) == "  sample   7  failed: time-out"
