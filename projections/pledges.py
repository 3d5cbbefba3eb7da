"""Covers as facts tell of them: pledged, changed, withdrawn for new shipments, released; and what the days change."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import cast

from projections.context import day_before
from projections.cover_counts import has_conditions
from projections.cover_rows import FOREVER, Cover, Covering
from projections.credit_cover import WHOLE_BP
from projections.recording import Recording
from projections.releasing import withdrawable
from projections.rows import INDEX_UNPAID, Account, Invoice, Order
from projections.versions import mark, note_version
from schemas.facts.dossiers import CoverPledged, CoverReleased, CoverWithdrawn
from schemas.reasons import Refusal


def record_pledged(recording: Recording, fact: CoverPledged) -> Refusal | None:
    """Take in a cover, or its correction by a higher revision; one for an order waits until that is known."""
    found = cast("Cover | None", recording.find_own("cover", fact.cover_id, None))
    if found is not None and found.released_on:
        return "cover_already_released"
    order = None if fact.order_id is None else recording.find("order", fact.order_id, None)
    if fact.order_id is not None and order is None:
        recording.park("order", fact.order_id)
        return None
    if found is None:
        found = _new_cover(recording, fact)
        recording.arrived.append(("cover", fact.cover_id))
    else:
        note_version(found.versions, fact.revision, recording.digest(fact))
    _describe(found, fact, cast("Order | None", order))
    _stand(recording, found)
    return None


def _new_cover(recording: Recording, fact: CoverPledged) -> Cover:
    key, source = recording.new_key("cover", fact.cover_id, None), recording.envelope.ce_source
    return Cover(key, source, None, recording.first_version(fact), fact.kind, fact.value_minor, fact.currency)


def _describe(cover: Cover, fact: CoverPledged, order: Order | None) -> None:
    cover.kind, cover.value, cover.currency = fact.kind, fact.value_minor, fact.currency
    cover.share_bp, cover.split_bp = fact.share_bp, fact.split_bp
    cover.first_loss, cover.max_net_days = fact.first_loss_minor, fact.max_net_days
    cover.valid_from = _iso(fact.valid_from, "")
    cover.valid_until = _iso(fact.valid_until, FOREVER)
    cover.order_key = "" if order is None else order.key
    cover.provider = fact.provider or ""


def _iso(on: date | None, otherwise: str) -> str:
    return otherwise if on is None else on.isoformat()


def _stand(recording: Recording, cover: Cover) -> None:
    """Measure exposure against a cover as it is described now."""
    account = recording.account
    recording.stages(cover.currency)  # in another currency it is valued anew whenever rates are
    before = next((found for found in account.covers if found.key == cover.key), None)
    cover.stood += 1
    recording.touch("cover", cover)
    covering = _covering(cover)
    if before is not None and before.order_key == covering.order_key:
        covering.before, covering.shipped = before.before, before.shipped
    counts_the_same = before is not None and _conditions(before) == _conditions(covering)
    if before is not None and counts_the_same:
        covering.mark, covering.sums = before.mark, before.sums
    covers = [found for found in account.covers if found.key != cover.key]
    account.covers = sorted([*covers, covering], key=_place)
    if has_conditions(covering) and not counts_the_same:
        _measure(recording, covering)
    for on in _dates(covering):
        recording.note_future_date(on)
    refresh_covers(recording)


def _conditions(covering: Covering) -> tuple[str, int | None]:
    return covering.order_key, covering.max_net_days


def _covering(cover: Cover) -> Covering:
    last = day_before(cover.released_on) if cover.released_on else FOREVER
    return Covering(
        key=cover.key,
        mark=f"{cover.key}\x1f{cover.stood}",
        kind=cover.kind,
        value=cover.value * cover.split_bp // WHOLE_BP,
        currency=cover.currency,
        share_bp=cover.share_bp,
        first_loss=cover.first_loss,
        max_net_days=cover.max_net_days,
        valid_from=cover.valid_from,
        valid_until=min(cover.valid_until, last),
        order_key=cover.order_key,
        withdrawn_on=cover.withdrawn_on,
    )


def _place(covering: Covering) -> tuple[bool, int, int, str]:
    """Covers of one order bear first, then who bears the larger share and the more of it."""
    return (not covering.order_key, -covering.share_bp, covering.first_loss, covering.key)


def _measure(recording: Recording, covering: Covering) -> None:
    """Count the documents that are there: open invoices, releases of which nothing left, the cover's own order."""
    for invoice in _unpaid(recording):
        recording.recount_invoice(invoice)
    for order in list(withdrawable(recording)):
        recording.recount_order(order)
    if covering.order_key:
        recording.recount_order(recording.order(covering.order_key))


def _unpaid(recording: Recording) -> list[Invoice]:
    owners = [recording.unpaid_owner(currency) for currency in recording.account.stages]
    suffixes = [suffix for owner in owners for suffix, _ in recording.book.index(INDEX_UNPAID, owner).items()]
    keys = dict.fromkeys(suffix.split(b"\x00")[1].decode() for suffix in suffixes)
    return [recording.invoice(key) for key in keys]


def record_withdrawn(recording: Recording, fact: CoverWithdrawn) -> Refusal | None:
    """Cover no new shipments from a day on."""
    cover = cast("Cover | None", recording.find_or_wait("cover", fact.cover_id, None))
    if cover is None:
        return None
    if cover.released_on:
        return "cover_already_released"
    mark(recording, fact)
    cover.withdrawn_on = fact.withdrawn_on.isoformat()
    _stand(recording, cover)
    return None


def record_released(recording: Recording, fact: CoverReleased) -> Refusal | None:
    """Let a cover stand no longer from a day on."""
    cover = cast("Cover | None", recording.find_or_wait("cover", fact.cover_id, None))
    if cover is None:
        return None
    if cover.released_on:
        return "cover_already_released"
    mark(recording, fact)
    cover.released_on = fact.released_on.isoformat()
    _stand(recording, cover)
    return None


def refresh_covers(recording: Recording) -> None:
    """Put covers in force, let withdrawals begin and covers lapse, as of today."""
    account, today = recording.account, recording.today()
    account.covers = [found for found in account.covers if found.valid_until >= today]
    for covering in account.covers:
        covering.in_force = covering.valid_from <= today
        if covering.withdrawn_on and covering.before is None and covering.withdrawn_on <= today:
            _begin_run_off(recording, covering)


def _begin_run_off(recording: Recording, covering: Covering) -> None:
    """Cover only what was shipped by now; of what was shipped since an earlier day only what is known to be older.

    A delivery does not keep its day, so where the withdrawal is dated back only invoices issued before it are.
    """
    shipped = _shipped(recording.account)
    covering.before, covering.shipped = dict(shipped), shipped
    if covering.withdrawn_on < recording.today():
        covering.before = dict.fromkeys(shipped, 0)
        for invoice in _unpaid(recording):
            if invoice.issued_on < covering.withdrawn_on:
                covering.before[invoice.currency] += invoice.counted[0]
    if covering.order_key:
        order = recording.order(covering.order_key)
        of_order = max(0, covering.sums.get(order.currency, 0) - order.counted[0])
        covering.before = {order.currency: min(of_order, covering.before.get(order.currency, 0))}


def _shipped(account: Account) -> dict[str, int]:
    return {currency: found.delivered + found.invoiced + found.bills for currency, found in account.stages.items()}


def follow_run_off(recording: Recording) -> None:
    """Take from what withdrawn covers still bear whatever is shipped and open no longer: the oldest goods go first."""
    for covering in recording.account.covers:
        if covering.before is None:
            continue
        shipped = _shipped(recording.account)
        for currency, amount in covering.before.items():
            gone = covering.shipped.get(currency, 0) - shipped.get(currency, 0)
            covering.before[currency] = max(0, amount - max(0, gone))
        covering.shipped = shipped


def _dates(covering: Covering) -> Iterator[str]:
    for begins in (covering.valid_from, covering.withdrawn_on):
        if begins:
            yield day_before(begins, 2)
    if covering.valid_until < FOREVER:
        yield day_before(covering.valid_until)


def cover_dates(account: Account, business_date: str) -> Iterator[str]:
    """Yield the dates after whose close a cover begins, runs off or lapses, from the last closed day on."""
    for covering in account.covers:
        yield from (on for on in _dates(covering) if on >= business_date)
