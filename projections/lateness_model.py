"""A snapshot of the model of late payment, and what it says of an invoice: a pure function of both.

The snapshot holds river's `StandardScaler | LogisticRegression` as numbers; what is computed from it is what river
computes, to the last bit. Source: river 0.26, `preprocessing.StandardScaler`, `linear_model.LogisticRegression`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from math import exp, isfinite
from typing import Any, Literal

import msgspec
from msgspec import Struct, field

from projections.lateness_features import DAYS_MAX, FEATURES, Invoice, Known, Population, features_of
from schemas.decisions_lateness import FeatureReason

MODEL_VERSION = 1
REASONS_MAX = 4
_CERTAIN = 30
"""Beyond this a probability is 0 or 1. Source: river 0.26, `utils.math.sigmoid`."""
WEIGHT_MAX = 100.0
_MEAN_MAX, _VARIANCE_MAX, _SLOPE_MAX = 1e6, 1e12, 20.0

RefusalCode = Literal[
    "model_unreadable",
    "model_version_unknown",
    "model_features_unknown",
    "model_lengths_differ",
    "model_counts_differ",
    "model_number_not_finite",
    "model_number_absurd",
    "model_grace_days_differ",
    "model_name_unknown",
    "model_ahead_of_lessons",
]
"""Why a snapshot is not taken, first by precedence."""


class LatenessModel(Struct, frozen=True, kw_only=True):
    """A snapshot: all that a prediction needs, and all that learning needs to go on from it.

    Attributes:
        name: what kind of model it is; `champion` decides, others only watch.
        version: of this layout.
        grace_days: late means more than so many days past due.
        learned: how many lessons it has learned.
        features: their names, a selection from `FEATURES`; the lists below follow their order.
        counts, means, variances: of the scaler.
        weights, intercept: of the regression.
        slope, offset: of the calibration, on the log-odds; 1 and 0 leave them as they are.
        population: how all accounts paid by then: features are told against its levels.
    """

    name: str
    version: int = MODEL_VERSION
    grace_days: int = 0
    learned: int
    features: tuple[str, ...]
    counts: tuple[int, ...]
    means: tuple[float, ...]
    variances: tuple[float, ...]
    weights: tuple[float, ...]
    intercept: float
    slope: float = 1.0
    offset: float = 0.0
    population: Population = field(default_factory=Population)


class ModelRefused(Struct, frozen=True):
    """A snapshot that is not taken: the code, and what was expected and received."""

    code: RefusalCode
    text: str


class Prediction(Struct, frozen=True):
    """What a model says of one invoice.

    Attributes:
        raw: probability of lateness, as river gives it.
        probability: the same, calibrated.
        reasons: at most four, the strongest first; empty where nothing speaks for lateness.
    """

    raw: float
    probability: float
    reasons: list[FeatureReason]


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(LatenessModel)


def encode_model(model: LatenessModel) -> bytes:
    """The snapshot as JSON; every number is written so that the same double is read again."""
    return _encoder.encode(model)


def read_model(text: bytes) -> LatenessModel | ModelRefused:
    """The snapshot in a JSON text, or why it is not taken.

    >>> read_model(b"{}").code
    'model_unreadable'
    """
    try:
        model = _decoder.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return ModelRefused("model_unreadable", f"expected a snapshot as JSON, received one where {error}")
    return refusal_of(model) or model


def model_in(document: dict[str, Any]) -> LatenessModel | ModelRefused:
    """The snapshot in a JSON object that was read already, or why it is not taken."""
    try:
        model = msgspec.convert(document, LatenessModel)
    except msgspec.ValidationError as error:
        return ModelRefused("model_unreadable", f"expected a snapshot, received one where {error}")
    return refusal_of(model) or model


def model_id(model: LatenessModel) -> str:
    """The identity of a snapshot: its name, how many lessons it has learned, and a hash of all that it says."""
    return f"{model.name}-{model.learned}-{hashlib.sha256(encode_model(model)).hexdigest()[:12]}"


def refusal_of(model: LatenessModel) -> ModelRefused | None:
    """Why a snapshot is not taken, None if it is sound."""
    if model.version != MODEL_VERSION:
        return ModelRefused("model_version_unknown", f"version: expected {MODEL_VERSION}, received {model.version}")
    unknown = sorted(set(model.features) - set(FEATURES))
    if unknown or not model.features or len(set(model.features)) != len(model.features):
        found = ", ".join(unknown or model.features) or "none"
        return ModelRefused("model_features_unknown", f"features: expected known ones, each once, received {found}")
    for name in ("counts", "means", "variances", "weights"):
        found_count = len(getattr(model, name))
        if found_count != len(model.features):
            expected = f"expected {len(model.features)} as of the features, received {found_count}"
            return ModelRefused("model_lengths_differ", f"{name}: {expected}")
    if model.learned < 0 or model.grace_days < 0 or any(count != model.learned for count in model.counts):
        expected = f"expected {model.learned} as of the lessons, none negative, received {list(model.counts)}"
        return ModelRefused("model_counts_differ", f"counts: {expected}")
    return _refuse_population(model.population) or _refuse_numbers(model)


def _refuse_population(population: Population) -> ModelRefused | None:
    judged, late, settled = population.judged, population.late, population.settled
    if not 0 <= late <= judged or settled < 0:
        received = f"{judged} judged, {late} late, {settled} settled"
        return ModelRefused("model_counts_differ", f"population: expected counts that fit, received {received}")
    return None


def _refuse_numbers(model: LatenessModel) -> ModelRefused | None:
    bounds: tuple[tuple[str, Sequence[float], float, float], ...] = (
        ("means", model.means, -_MEAN_MAX, _MEAN_MAX),
        ("variances", model.variances, 0.0, _VARIANCE_MAX),
        ("weights", model.weights, -WEIGHT_MAX, WEIGHT_MAX),
        ("intercept", (model.intercept,), -WEIGHT_MAX, WEIGHT_MAX),
        ("slope", (model.slope,), 0.0, _SLOPE_MAX),
        ("offset", (model.offset,), -WEIGHT_MAX, WEIGHT_MAX),
        ("population", (model.population.days,), -DAYS_MAX, DAYS_MAX),
    )
    for name, numbers, _, _ in bounds:
        for number in numbers:
            if not isfinite(number):
                return ModelRefused("model_number_not_finite", f"{name}: expected finite numbers, received {number}")
    for name, numbers, least, most in bounds:
        for number in numbers:
            if not least <= number <= most:
                return ModelRefused("model_number_absurd", f"{name}: expected {least} to {most}, received {number}")
    return None


def _terms(model: LatenessModel) -> tuple[tuple[int, float, float, float], ...]:
    """Place, mean, deviation and weight of each feature; a deviation of 0 says that it never varied."""
    columns = zip(model.features, model.means, model.variances, model.weights, strict=True)
    return tuple((FEATURES.index(name), mean, variance**0.5, weight) for name, mean, variance, weight in columns)


class Scorer:
    """A sound snapshot made ready, for many predictions."""

    __slots__ = ("_terms", "model")

    def __init__(self, model: LatenessModel) -> None:
        self.model, self._terms = model, _terms(model)

    def raw(self, values: Sequence[float]) -> float:
        """Probability of lateness before calibration; `values` are all of `FEATURES` in their order."""
        return sigmoid(self._log_odds(values))

    def probability(self, values: Sequence[float]) -> float:
        """Calibrated probability of lateness."""
        return sigmoid(self.model.slope * self._log_odds(values) + self.model.offset)

    def predict(self, values: Sequence[float]) -> Prediction:
        """Probability, before and after calibration, and its reasons."""
        parts = []
        log_odds = 0.0
        for place, mean, deviation, weight in self._terms:
            part = weight * ((values[place] - mean) / deviation) if deviation else 0.0
            log_odds += part
            if part > 0.0:
                parts.append((-part, place))
        log_odds += self.model.intercept
        parts.sort()
        reasons = [FeatureReason(FEATURES[place], -part) for part, place in parts[:REASONS_MAX]]
        return Prediction(sigmoid(log_odds), sigmoid(self.model.slope * log_odds + self.model.offset), reasons)

    def predict_invoice(self, payments: Known, invoice: Invoice) -> Prediction:
        """What the snapshot says of an invoice that is about to be issued."""
        return self.predict(features_of(payments, self.model.population, invoice))

    def _log_odds(self, values: Sequence[float]) -> float:
        log_odds = 0.0
        for place, mean, deviation, weight in self._terms:
            if deviation:
                log_odds += weight * ((values[place] - mean) / deviation)
        return log_odds + self.model.intercept


def predict(model: LatenessModel, values: Sequence[float]) -> Prediction:
    """What a sound snapshot says of an invoice with these features."""
    return Scorer(model).predict(values)


def sigmoid(log_odds: float) -> float:
    """Probability of log-odds.

    >>> sigmoid(0.0), sigmoid(-31.0), sigmoid(31.0)
    (0.5, 0.0, 1.0)
    """
    if log_odds < -_CERTAIN:
        return 0.0
    if log_odds > _CERTAIN:
        return 1.0
    return 1 / (1 + exp(-log_odds))
