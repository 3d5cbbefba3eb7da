"""river's scaler and regression with a calibration behind them, learning one lesson after the other."""

from __future__ import annotations

from collections.abc import Sequence
from math import log

import msgspec
from river.linear_model import LogisticRegression
from river.optim import SGD
from river.preprocessing import StandardScaler
from river.utils import VectorDict

from projections.lateness_features import FEATURES, Population
from projections.lateness_model import LatenessModel, Scorer, sigmoid

_LEARNING_RATE = 0.01
_CALIBRATION_RATE = 0.005
_SLOPE_MIN, _SLOPE_MAX = 0.2, 5.0


class OnlineModel:
    """One model and all that it has learned."""

    def __init__(self, name: str, features: Sequence[str]) -> None:
        self._name, self._features = name, tuple(features)
        self._places = [FEATURES.index(feature) for feature in features]
        self._scaler = StandardScaler()
        self._regression = LogisticRegression(optimizer=SGD(_LEARNING_RATE), intercept_lr=_LEARNING_RATE)
        self._regression._weights = VectorDict(dict.fromkeys(self._features, 0.0))
        self._learned, self._slope, self._offset = 0, 1.0, 0.0
        self._scorer: Scorer | None = None

    @property
    def learned(self) -> int:
        """How many lessons it has learned."""
        return self._learned

    def probability(self, values: Sequence[float]) -> float:
        """What the snapshot of this moment says: calibrated probability of lateness."""
        if self._scorer is None:
            self._scorer = Scorer(self.snapshot())
        return self._scorer.probability(values)

    def river_probability(self, values: Sequence[float]) -> float:
        """What river itself says, before calibration."""
        scaled = self._scaler.transform_one(self._named(values))
        return float(self._regression.predict_proba_one(scaled)[True])

    def learn(self, values: Sequence[float], is_late: bool) -> None:
        """Learn one label: first the calibration, by what the weights say without it, then scaler and weights."""
        named = self._named(values)
        self._calibrate(self.river_probability(values), is_late)
        self._scaler.learn_one(named)
        self._regression.learn_one(self._scaler.transform_one(named), is_late)
        self._learned += 1
        self._scorer = None

    def snapshot(self, population: Population | None = None, grace_days: int = 0) -> LatenessModel:
        """All that it knows, with the levels of all accounts that its features are told against."""
        scaler, weights = self._scaler, self._regression.weights
        return LatenessModel(
            name=self._name,
            grace_days=grace_days,
            learned=self._learned,
            features=self._features,
            counts=tuple(scaler.counts[feature] for feature in self._features),
            means=tuple(scaler.means[feature] for feature in self._features),
            variances=tuple(scaler.vars[feature] for feature in self._features),
            weights=tuple(weights[feature] for feature in self._features),
            intercept=float(self._regression.intercept),
            slope=self._slope,
            offset=self._offset,
            population=Population() if population is None else msgspec.structs.replace(population),
        )

    def _named(self, values: Sequence[float]) -> dict[str, float]:
        return dict(zip(self._features, [values[place] for place in self._places], strict=True))

    def _calibrate(self, raw: float, is_late: bool) -> None:
        """One step of Platt's scaling on the log-odds. Source: Platt, Probabilistic outputs for SVMs, 1999."""
        bounded = min(1.0 - 1e-6, max(1e-6, raw))
        log_odds = log(bounded / (1.0 - bounded))
        apart = sigmoid(self._slope * log_odds + self._offset) - is_late
        slope = self._slope - _CALIBRATION_RATE * apart * log_odds
        self._slope = min(_SLOPE_MAX, max(_SLOPE_MIN, slope))
        self._offset -= _CALIBRATION_RATE * apart
