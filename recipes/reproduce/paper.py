"""The paper's numbers, in percent. Source: tables 2, 3, 4, 6 and 7 of arXiv:2310.10047."""

# solutions -> Pass@1, Maj1@64, Pass@64 of PaLM 2-S*, then of PaLM 2-L
TABLE_2 = {
    "few-shot": ((17.4, 27.2, 67.8), (33.4, 47.6, 79.4)),
    "MATH": ((19.8, 32.4, 74.8), (32.8, 49.2, 82.2)),
    "PRM800K": ((20.8, 41.2, 73.8), (34.8, 54.2, 83.4)),
    "both": ((22.6, 38.8, 72.6), (35.6, 55.2, 82.8)),
}
# loss -> Pass@1, Maj1@64, RR.All, RR.Top-8 of PaLM 2-L
TABLE_3 = {"margin": (35.6, 55.2, 57.0, 58.8), "cross-entropy": (35.6, 55.2, 56.8, 58.8)}
# arm -> Pass@1, Maj1@64, Pass@64
TABLE_4 = {
    "both": (35.6, 55.2, 82.8),
    "sequence-margin": (37.6, 57.2, 82.6),
    "sequence-cross-entropy": (36.2, 56.6, 82.2),
}
# (evaluator, generator) -> Pass@1, Maj1@64, RR.All, RR.Top-8; PaLM 2-L is `large`, PaLM 2-S* is `small`.
# The row of two small ones repeats table 3's for the margin loss, though the table says cross-entropy.
TABLE_6 = {
    ("small", "small"): (22.6, 38.8, 32.4, 36.6),
    ("small", "large"): (35.6, 55.2, 48.4, 50.6),
    ("large", "small"): (22.6, 38.8, 46.0, 46.4),
    ("large", "large"): (35.6, 55.2, 56.8, 58.8),
}
# loss -> strategy -> accuracy; the parameters were chosen on the test problems
TABLE_7 = {
    "margin": {"rr.all": 57.0, "rr.majk": 59.4, "w.rr": 60.8, "w.rr.majk": 60.8, "maj1": 55.2, "maj1.topn": 59.4},
    "cross-entropy": {
        "rr.all": 56.8,
        "rr.majk": 59.4,
        "w.rr": 60.8,
        "w.rr.majk": 61.2,
        "maj1": 55.2,
        "maj1.topn": 60.0,
    },
}
