"""A small model of late payment that tests adopt."""

from __future__ import annotations

from typing import Any

from projections.lateness_model import LatenessModel


def small_model(intercept: float = 0.0, **changes: Any) -> LatenessModel:
    """A model of two features: who was late is late again, and items past due mean trouble."""
    values: dict[str, Any] = {
        "name": "champion",
        "learned": 50,
        "features": ("late_rate", "overdue_items"),
        "counts": (50, 50),
        "means": (0.0, 0.2),
        "variances": (0.25, 0.04),
        "weights": (1.5, 0.5),
        "intercept": intercept,
        **changes,
    }
    return LatenessModel(**values)
