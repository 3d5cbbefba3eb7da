"""A score as people and programs read it: every factor with its value and points, what is missing, and what moved."""

from __future__ import annotations

from typing import Any

from projections.score_factors import source_of, unit_of
from projections.score_values import Subject
from projections.scorecard import FactorScore, Scored, reasons_of, score_of
from projections.scoring import moved
from schemas.policy_scorecard import POINTS_MAX

View = dict[str, Any]


def score_view(subject: Subject) -> View | None:
    """Return the score of an account as reckoned today, beside the one told last; None without a scorecard.

    `told` is the last `account_scored` with what had moved then, `moved_since` what moved from it until today; a score
    that moved by less than the policy's `tell_from_points` is not told anew. `missing` names the factors that are not
    known or outdated, with the points that they could still bring.
    """
    if not subject.context.policy.scorecard.factors:
        return None
    scored, kept = score_of(subject), None if subject.dossier is None else subject.dossier.score
    return {
        "points": None if scored is None else scored.total.points,
        "points_most": POINTS_MAX,
        "band": None if scored is None else _band(scored),
        "factors": [] if scored is None else [_factor(one) for one in scored.factors],
        "reasons": [] if scored is None else reasons_of(scored),
        "missing": [] if scored is None else _missing(scored),
        "currency": subject.context.policy.currency,
        "tell_from_points": subject.context.policy.scorecard.tell_from_points,
        "needs_one_of": list(subject.context.policy.scorecard.needs_one_of),
        "told": None if kept is None else _told(subject),
        "moved_since": _moved_since(scored, {} if kept is None else kept.factors),
    }


def _band(scored: Scored) -> View:
    total = scored.total
    return {
        "grade": total.grade,
        "points_at_least": total.points_at_least,
        "better_at_least_points": total.better_from,
    }


def _factor(one: FactorScore) -> View:
    """`state` is known, missing or outdated; `on` the date that a value is of, where it grows old."""
    return {
        "factor": one.factor,
        "source": source_of(one.factor),
        "state": "known" if one.value is not None else "outdated" if one.on else "missing",
        "value": one.value,
        "unit": unit_of(one.factor),
        "on": one.on or None,
        "points": one.points,
        "points_most": one.weight,
    }


def _missing(scored: Scored) -> list[View]:
    found = [one for one in scored.factors if one.value is None]
    ranked = sorted(found, key=lambda one: one.points - one.weight)
    return [{"factor": one.factor, "points_lost": one.weight - one.points} for one in ranked]


def _told(subject: Subject) -> View:
    assert subject.dossier is not None
    assert subject.dossier.score is not None
    kept = subject.dossier.score
    return {
        "points": kept.points,
        "grade": kept.grade,
        "scored_on": kept.scored_on,
        "before": kept.before,
        "moved": [{"factor": factor, "before": before, "points": points} for factor, before, points in kept.moved],
    }


def _moved_since(scored: Scored | None, before: dict[str, int]) -> list[View]:
    if scored is None or not before:
        return []
    found = moved(scored, before)
    return [{"factor": one.factor, "before": one.before, "points": one.points, "value": one.value} for one in found]
