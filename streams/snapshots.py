"""Snapshots of the models as they are published to `models`: weights, where in the lessons they stand, and figures."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from projections.lateness_model import LatenessModel, ModelRefused, model_id, refusal_of
from streams.lateness_measures import Bin, Figures
from streams.learning import MODEL_FEATURES, Learner
from streams.lessons import LessonLog
from streams.scoreboard import PROBING, merged


class Snapshot(Struct, frozen=True, kw_only=True):
    """What a record of `models` says. Figures are of predictions made before their label was known.

    Attributes:
        model_id: as the ledger names it; the record's key.
        on: the day of the books after which it was made.
        lessons: how many records of `lessons` it follows from, and `chain` the hash of the last of them.
        because: what it was made for.
        model: what a prediction needs; `model_adopted` carries it.
        overall, warm: figures by name of model or baseline, over all and after the first 500 invoices.
        probing: the same on orders that were let go over a stop or in order to learn.
        by_outcome, by_segment: figures of this model.
        calibration: predicted and found shares by tenths.
    """

    model_id: str
    on: str
    lessons: int
    chain: str
    because: str
    model: LatenessModel
    overall: dict[str, Figures]
    warm: dict[str, Figures]
    probing: dict[str, Figures]
    by_outcome: dict[str, Figures]
    by_segment: dict[str, Figures]
    calibration: tuple[Bin, ...]


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Snapshot)


def encode_snapshot(snapshot: Snapshot) -> bytes:
    """The record's value; every number is written so that the same double is read again."""
    return _encoder.encode(snapshot)


def read_snapshot(value: bytes) -> Snapshot | ModelRefused:
    """The snapshot in a record of `models`, or why it is not taken.

    >>> read_snapshot(b"{}").code
    'model_unreadable'
    """
    try:
        snapshot = _decoder.decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return ModelRefused("model_unreadable", f"expected a snapshot as JSON, received one where {error}")
    model = snapshot.model
    if model.name not in MODEL_FEATURES:
        expected = f"expected {' or '.join(MODEL_FEATURES)}, received {model.name!r}"
        return ModelRefused("model_name_unknown", f"name: {expected}")
    return refusal_of(model) or snapshot


def refuse_ahead(snapshot: Snapshot, lessons: int) -> ModelRefused | None:
    """Why a snapshot cannot be of this log of lessons: it knows more of them than there are."""
    if snapshot.lessons <= lessons:
        return None
    expected = f"expected at most {lessons} lessons as in the log, received {snapshot.lessons}"
    return ModelRefused("model_ahead_of_lessons", f"{snapshot.model_id}: {expected}")


def snapshots_of(learner: Learner, log: LessonLog, on: str, because: str) -> list[Snapshot]:
    """What the models are after a day, with their figures."""
    board = learner.scoreboard
    names = sorted(board.overall)
    probing = {name: merged([board.by_outcome.get(outcome, {}) for outcome in PROBING], name) for name in names}
    return [
        Snapshot(
            model_id=model_id(model),
            on=on,
            lessons=log.number,
            chain=log.prev,
            because=because,
            model=model,
            overall={name: board.overall[name].figures() for name in names},
            warm={found: measures.figures() for found, measures in sorted(board.warm.items())},
            probing={found: figures for found, figures in probing.items() if figures is not None},
            by_outcome={outcome: measures[name].figures() for outcome, measures in sorted(board.by_outcome.items())},
            by_segment={segment: found[name].figures() for segment, found in sorted(board.by_segment.items())},
            calibration=board.overall[name].bins() if name in board.overall else (),
        )
        for name, model in learner.snapshots().items()
    ]
