"""The whole book as the last day's close found it: an account's share of it, and what it shares with other accounts."""

from __future__ import annotations

from typing import cast

from projections.alerts import clear_alert, raise_alert
from projections.book import Book
from projections.context import BookTotal, Context
from projections.dossier_rows import Dossier, PartyRow
from projections.recording import Recording
from projections.rows import INDEX_BOOK, Account
from projections.standing import UTILISATION_MAX_BP, Standing, value
from projections.warning_rows import BookPlace
from schemas.decisions import AnyDecision
from schemas.facts.control import BookTotalled
from schemas.policy_warnings import Occurrence

KIND = "book_place"
_SHARED = ("shared_party", "cover_overcommitted")


def is_known(context: Context, fact: BookTotalled) -> bool:
    """Return whether the book of this day, or of a later one, was told already."""
    return context.book is not None and fact.business_date.isoformat() <= context.book.business_date


def take_totals(book: Book, context: Context, fact: BookTotalled, number: int) -> None:
    """Keep the totals, and the place in them of each account of this partition that the fact names.

    An account that was named the last time and is not now is listed once more, so that its alerts end.
    """
    on = fact.business_date.isoformat()
    context.book = BookTotal(number, on, fact.currency, fact.net_exposure_minor)
    places: dict[str, BookPlace] = {}
    for account_id in fact.large_account_ids:
        places.setdefault(account_id, BookPlace()).is_large = True
    for party in fact.shared_parties:
        for account_id in party.account_ids:
            places.setdefault(account_id, BookPlace()).parties.append(party.id)
    for cover in fact.shared_covers:
        for account_id in cover.account_ids:
            places.setdefault(account_id, BookPlace()).covers.append((cover.id, cover.split_bp))
    listed = {suffix.decode() for suffix, _ in book.index(INDEX_BOOK, "").items()}
    for account_id in sorted(listed - places.keys()):
        _leave(book, account_id)
    for account_id in sorted(places):
        account = book.account(account_id)
        if account is not None:
            book.index_put(INDEX_BOOK, "", account_id.encode())
            book.keep(KIND, account, places[account_id])


def _leave(book: Book, account_id: str) -> None:
    account, place = book.account(account_id), _place_of(book, account_id)
    if account is not None and place is not None and (place.is_large or place.parties or place.covers):
        book.keep(KIND, account, BookPlace())
    else:
        book.index_delete(INDEX_BOOK, "", account_id.encode())


def _place_of(book: Book, account_id: str) -> BookPlace | None:
    return cast("BookPlace | None", book.sheet(KIND, account_id))


def accounts_of_the_book(book: Book) -> set[str]:
    """Return the accounts that the last totals name, and those that they no longer do."""
    return {suffix.decode() for suffix, _ in book.index(INDEX_BOOK, "").items()}


def awaits_totals(book: Book, context: Context, account: Account) -> bool:
    """Return whether an account that the totals in force name was not taken through them yet."""
    if context.book is None or account.swept_no >= context.book.number:
        return False
    suffix = account.account_id.encode()
    found = next(book.index(INDEX_BOOK, "").items(suffix), None)
    return found is not None and found[0] == suffix


def concentration(recording: Recording, now: Standing) -> int | None:
    """Return the account's net exposure over the whole book's in basis points, for those near the lowest line."""
    total, account = recording.context.book, recording.account
    place = None if total is None else _place_of(recording.book, account.account_id)
    if total is None or place is None or not place.is_large:
        return None
    whole = value(total.net_exposure_minor, total.currency, account, recording.context)
    return min(UTILISATION_MAX_BP, now.net_exposure_minor() * 10_000 // whole) if whole else None


def follow_shared(recording: Recording, decisions: list[AnyDecision]) -> None:
    """Add the alerts about parties and covers that other accounts have too, or their end, already in effect."""
    if recording.context.book is None:
        return
    account, warnings = recording.account, recording.context.policy.warnings
    place = _place_of(recording.book, account.account_id) or BookPlace()
    holds: dict[str, tuple[Occurrence | None, int, int]] = {}
    holds |= {f"shared_party/{party}": (warnings.shared_party, 1, 1) for party in place.parties}
    holds |= {f"cover_overcommitted/{cover}": (warnings.cover_overcommitted, bp, 10_000) for cover, bp in place.covers}
    for key in [key for key in account.alerts if key.partition("/")[0] in _SHARED and key not in holds]:
        decisions.append(clear_alert(recording, key, 0))
    for key, (rule, found, line) in holds.items():
        if rule is not None and key not in account.alerts:
            decisions.append(raise_alert(recording, key, rule, found, line, key.partition("/")[2]))


def shared_by(book: Book, account: Account) -> tuple[tuple[str, ...], tuple[tuple[str, int], ...]]:
    """Return what other accounts may have too: registrations of the account's parties, and its covers in basis points.

    A party without any registration is known by its own id.
    """
    dossier = cast("Dossier | None", book.sheet("dossier", account.account_id))
    parties = () if dossier is None else _registrations(book, account.account_id, dossier.parties)
    if not account.covers:
        return parties, ()
    covers = []
    for covering in account.covers:
        if covering.in_force:
            cover = book.document("cover", account.account_id, covering.key)
            covers.append((covering.key.partition("\x1f")[0], cast(int, getattr(cover, "split_bp", 10_000))))
    return parties, tuple(covers)


def _registrations(book: Book, account_id: str, parties: list[PartyRow]) -> tuple[str, ...]:
    """Return what is registered of parties; worked out once for a list, for a dossier never changes the one it has."""
    known = book.registrations.get(account_id)
    if known is not None and known[0] is parties:
        return known[1]
    found: list[str] = []
    for party in parties:
        registered = [f"{scheme}/{value}" for scheme, value in party.identifiers]
        found += registered or [f"party/{party.party_id}"]
    book.registrations[account_id] = (parties, tuple(dict.fromkeys(found)))
    return book.registrations[account_id][1]
