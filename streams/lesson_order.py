"""What the topic `labels` says, and the one order in which it is learned, online and offline.

Partitions run beside each other, so their labels arrive in no order that could be had again. What was said on one day
of the books is put into an order of its own, the same whatever the number of partitions: invoices are asked about
before anything of their day is learned, for what a day's close tells nobody knew when they were issued.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from msgspec import Struct

from schemas.decisions_lateness import LabelsComplete, LatenessAsked, LatenessKnown, LatenessSettled
from schemas.publication import Place

AnyLabel = LatenessAsked | LatenessSettled | LatenessKnown
Triple = tuple[int, int, int]
"""(epoch, seq, n): the place of a label in its ledger partition."""
_KINDS: dict[type, int] = {LatenessAsked: 0, LatenessSettled: 1, LatenessKnown: 2}


class Label(Struct, frozen=True):
    """One label as it was published: what it says of which account, where it stands in the ledger, and its bytes."""

    said: AnyLabel
    account_id: str
    place: Place
    effect: str
    value: bytes

    @property
    def triple(self) -> Triple:
        """Its place within its partition."""
        return self.place.epoch, self.place.seq, self.place.n


class DayComplete(Struct, frozen=True):
    """A partition has said everything of the days before `business_date`."""

    business_date: str
    place: Place

    @property
    def triple(self) -> Triple:
        """Its place within its partition."""
        return self.place.epoch, self.place.seq, self.place.n


class LabelUnreadable(ValueError):
    """A record of the topic `labels` is not what a ledger publishes; the text says why."""


class _Published(Struct):
    account_id: str | None
    ledger: Place
    effect: str = "binding"


_read_said = msgspec.json.Decoder(LatenessAsked | LatenessSettled | LatenessKnown | LabelsComplete).decode
_read_published = msgspec.json.Decoder(_Published).decode


def read_label(value: bytes) -> Label | DayComplete:
    """Return what a record of the topic `labels` says.

    Raises:
        LabelUnreadable: it is no label.
    """
    try:
        said, published = _read_said(value), _read_published(value)
    except msgspec.DecodeError as error:
        raise LabelUnreadable(f"expected a label, received one where {error}") from error
    if isinstance(said, LabelsComplete):
        return DayComplete(said.business_date, published.ledger)
    if published.account_id is None:
        raise LabelUnreadable("expected the label of an account, received one without account_id")
    return Label(said, published.account_id, published.ledger, published.effect, value)


def in_order(labels: Iterable[Label]) -> list[Label]:
    """Return the labels of one day in the order in which they are learned."""
    return sorted(labels, key=_order)


def _order(label: Label) -> tuple[int, str, str, str, str, Triple]:
    said = label.said
    about = (label.account_id, said.invoice_id, said.ce_source, said.seller_id or "")
    return (_KINDS[type(said)], *about, label.triple)
