"""A snapshot of the model of lateness: what it says, and which ones are not taken."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import pytest

from projections.lateness_features import FEATURES
from projections.lateness_model import (
    MODEL_VERSION,
    REASONS_MAX,
    LatenessModel,
    ModelRefused,
    encode_model,
    predict,
    read_model,
    refusal_of,
)


def model(**changes: Any) -> LatenessModel:
    """A model in which each feature counts by its place."""
    count = len(FEATURES)
    values: dict[str, Any] = {
        "name": "champion",
        "learned": 7,
        "features": FEATURES,
        "counts": (7,) * count,
        "means": (0.5,) * count,
        "variances": (4.0,) * count,
        "weights": tuple(place / 10 for place in range(count)),
        "intercept": -1.0,
    }
    return LatenessModel(**{**values, **changes})


def test_a_snapshot_survives_its_json_to_the_last_bit() -> None:
    exact = model(intercept=0.1 + 0.2, weights=(1 / 3, -0.0, 5e-324, *(0.1,) * (len(FEATURES) - 3)))
    found = read_model(encode_model(exact))
    assert isinstance(found, LatenessModel)
    assert found == exact
    assert math.copysign(1, found.weights[1]) == -1


def test_the_reasons_are_the_strongest_four_that_raise_the_chance() -> None:
    values = [0.5] * len(FEATURES)
    for place in (3, 5, 8, 11, 14):
        values[place] = 4.5
    values[17] = -9.5
    found = predict(model(), values)
    assert [reason.feature for reason in found.reasons] == [FEATURES[place] for place in (14, 11, 8, 5)]
    assert found.reasons[0].log_odds == pytest.approx(1.4 * 2)
    assert len(found.reasons) == REASONS_MAX


def test_what_never_varied_says_nothing() -> None:
    found = predict(model(variances=(0.0,) * len(FEATURES), intercept=0.0), [9.0] * len(FEATURES))
    assert found.raw == found.probability == 0.5
    assert found.reasons == []


def test_the_calibration_stands_behind_the_model() -> None:
    found = predict(model(slope=0.5, offset=0.5), [0.5] * len(FEATURES))
    assert found.raw == pytest.approx(1 / (1 + math.e))
    assert found.probability == 0.5


def _with(numbers: tuple[float, ...], place: int, number: float) -> tuple[float, ...]:
    return (*numbers[:place], number, *numbers[place + 1 :])


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"version": MODEL_VERSION + 1}, "model_version_unknown"),
        ({"features": ("late_rate", "shoe_size")}, "model_features_unknown"),
        ({"features": ("late_rate", "late_rate")}, "model_features_unknown"),
        ({"features": ()}, "model_features_unknown"),
        ({"weights": (1.0,)}, "model_lengths_differ"),
        ({"counts": (8,) * len(FEATURES)}, "model_counts_differ"),
        ({"learned": -1, "counts": (-1,) * len(FEATURES)}, "model_counts_differ"),
        ({"grace_days": -1}, "model_counts_differ"),
        ({"weights": _with(model().weights, 3, math.nan)}, "model_number_not_finite"),
        ({"intercept": math.inf}, "model_number_not_finite"),
        ({"weights": _with(model().weights, 17, -100.5)}, "model_number_absurd"),
        ({"variances": _with(model().variances, 0, -0.1)}, "model_number_absurd"),
        ({"means": _with(model().means, 0, 1e7)}, "model_number_absurd"),
        ({"slope": -0.1}, "model_number_absurd"),
    ],
)
def test_a_corrupt_or_absurd_snapshot_is_not_taken(changes: dict[str, Any], code: str) -> None:
    refusal = refusal_of(model(**changes))
    assert refusal is not None
    assert refusal.code == code
    assert "received" in refusal.text
    assert refusal_of(model()) is None


def test_the_first_fault_by_precedence_is_named() -> None:
    refusal = refusal_of(model(version=9, weights=(math.nan,), intercept=1e9))
    assert refusal is not None and refusal.code == "model_version_unknown"


@pytest.mark.parametrize(
    "text", [b"", b"{", b"[]", b"\xff", encode_model(model())[:-20], encode_model(model(slope=math.nan))]
)
def test_what_is_no_snapshot_is_refused_as_a_value(text: bytes) -> None:
    refusal = read_model(text)
    assert isinstance(refusal, ModelRefused)
    assert refusal.code == "model_unreadable"


def test_a_huge_number_in_the_text_is_refused() -> None:
    text = msgspec.json.encode({**msgspec.to_builtins(model()), "intercept": 0}).replace(
        b'"intercept":0', b'"intercept":1e300'
    )
    refusal = read_model(text)
    assert isinstance(refusal, ModelRefused) and refusal.code == "model_number_absurd"
