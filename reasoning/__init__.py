"""The shared vocabulary: problems, candidates, answers, formats."""
