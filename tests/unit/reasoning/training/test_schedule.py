"""The learning rate over the steps."""

import pytest

from reasoning.training.schedule import Schedule, lr_share


@pytest.mark.parametrize(
    ("schedule", "shares"),
    [
        ("linear", [0.5, 1.0, 1.0, 0.8, 0.6, 0.4, 0.2]),
        ("cosine", [0.5, 1.0, 1.0, 0.904508, 0.654508, 0.345492, 0.095492]),
        ("constant", [0.5, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]),
    ],
)
def test_by_hand(schedule: Schedule, shares: list[float]) -> None:
    found = [lr_share(step, num_steps=7, warmup_steps=2, schedule=schedule) for step in range(7)]
    assert found == pytest.approx(shares, abs=1e-6)


def test_the_final_share() -> None:
    assert lr_share(10, num_steps=10, warmup_steps=0, schedule="linear", final_share=0.1) == pytest.approx(0.1)
    assert lr_share(0, num_steps=10, warmup_steps=0, schedule="cosine", final_share=0.1) == 1.0
