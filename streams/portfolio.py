"""The whole book at each day's close: what all accounts owe together, and what several of them share.

`Portfolio` is a fold of the published exposures and knows no Kafka; `Totaller` reads them and writes `book_totalled`.
What it writes is a fact like any other: whatever was missing from the exposures just then, the ledger says what the
decisions were made from.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass
from datetime import date

import msgspec
import structlog
from aiokafka.errors import KafkaError
from msgspec import Struct

from projections.context import Context
from schemas.facts.control import BookTotalled, Shared
from schemas.money import convert
from schemas.policy_warnings import Warnings
from schemas.publication import Place, Published, event_headers
from streams.access import Access
from streams.clock import end_of_day_ms
from streams.publisher import Publisher
from streams.reader import Reader, ReadFailed
from streams.topics import topic

LARGE_MAX = 1_000
SHARED_MAX = 2_000
SHARING_ACCOUNTS_MAX = 100
"""So many are named at most, the largest and the first by id, so that the fact stays small."""
POLL_SECONDS = 1.0
RETRY_SECONDS = 10.0
SETTLE_SECONDS = 5.0
"""A day that was closed is given so long to go over the accounts of all partitions before the book is totalled."""


class _Row(Struct, gc=False):
    account_id: str
    currency: str
    net_exposure_minor: int
    ledger: Place
    parties: tuple[str, ...] = ()
    covers: tuple[tuple[str, int], ...] = ()


_read = msgspec.json.Decoder(_Row).decode


class Portfolio:
    """Every account's latest exposure, as far as the book is concerned."""

    def __init__(self) -> None:
        self._rows: dict[str, _Row] = {}

    def take(self, value: bytes | None) -> None:
        """Replace an account's exposure unless it is older than the one known; what cannot be read is no exposure."""
        if value is None:
            return
        try:
            row = _read(value)
        except msgspec.DecodeError:
            return
        known = self._rows.get(row.account_id)
        place = row.ledger
        if known is None or not known.ledger.above((place.epoch, place.seq, place.n)):
            self._rows[row.account_id] = row

    def total(self, on: date, base: str, rates: dict[str, str], warnings: Warnings) -> BookTotalled:
        """Return the totals of a day in the base currency; accounts that are in credit do not make others safer."""
        owed: dict[str, int] = {}
        unvalued = 0
        for account_id in sorted(self._rows):
            row = self._rows[account_id]
            amount = convert(max(0, row.net_exposure_minor), row.currency, base, base, rates)
            unvalued += amount is None
            owed[account_id] = amount or 0
        whole = sum(owed.values())
        return BookTotalled(
            business_date=on,
            currency=base,
            net_exposure_minor=whole,
            accounts=len(self._rows),
            unvalued=unvalued,
            large_account_ids=_large(owed, whole, warnings),
            shared_parties=self._shared_parties() if warnings.shared_party is not None else (),
            shared_covers=self._overcommitted() if warnings.cover_overcommitted is not None else (),
        )

    def _shared_parties(self) -> tuple[Shared, ...]:
        named: dict[str, list[str]] = defaultdict(list)
        for account_id in sorted(self._rows):
            for party in self._rows[account_id].parties:
                named[party].append(account_id)
        return tuple(
            Shared(id=party, account_ids=tuple(named[party][:SHARING_ACCOUNTS_MAX]))
            for party in sorted(named)
            if len(named[party]) > 1
        )[:SHARED_MAX]

    def _overcommitted(self) -> tuple[Shared, ...]:
        named: dict[str, list[tuple[str, int]]] = defaultdict(list)
        for account_id in sorted(self._rows):
            for cover, split_bp in self._rows[account_id].covers:
                named[cover].append((account_id, split_bp))
        found = []
        for cover in sorted(named):
            claimed_bp = sum(split_bp for _, split_bp in named[cover])
            account_ids = tuple(account_id for account_id, _ in named[cover][:SHARING_ACCOUNTS_MAX])
            if claimed_bp > 10_000 and len(named[cover]) > 1:
                found.append(Shared(id=cover, account_ids=account_ids, split_bp=claimed_bp))
        return tuple(found[:SHARED_MAX])


def _large(owed: dict[str, int], whole: int, warnings: Warnings) -> tuple[str, ...]:
    """Return who is at or above what an alert of the lowest line clears below, in order of id."""
    owing = sum(amount > 0 for amount in owed.values())
    if warnings.concentration is None or owing < max(1, warnings.concentration_from_accounts):
        return ()
    lowest_bp = max(1, warnings.concentration.lines[0].at_bp - warnings.concentration.clear_below_bp)
    large = [account_id for account_id, amount in owed.items() if amount * 10_000 >= whole * lowest_bp]
    large.sort(key=lambda account_id: (-owed[account_id], account_id))
    return tuple(sorted(large[:LARGE_MAX]))


def day_to_total(context: Context, totalled_on: str | None) -> date | None:
    """Return the closed day whose book is to be totalled, None where there is none or nothing would come of it."""
    warnings = context.policy.warnings
    if warnings.concentration is None and warnings.shared_party is None and warnings.cover_overcommitted is None:
        return None
    told = "" if context.book is None else context.book.business_date
    closed = context.business_date
    if closed is None or closed <= max(told, totalled_on or ""):
        return None
    return date.fromisoformat(closed)


@dataclass
class _Book:
    """What is read so far, and the ways to the cluster."""

    portfolio: Portfolio
    positions: dict[int, int]
    publisher: Publisher
    reader: Reader
    totalled_on: str | None = None


class Totaller:
    """Writes `book_totalled` for the last closed day; run by whoever holds partition 0, as the clock is.

    Two of them do no harm: the book of a day that was told already is a repeat. Where days pass faster than they can
    be totalled, as in a market that is played, the book is told for some of them.
    """

    def __init__(self, access: Access) -> None:
        self._access = access
        self._task: asyncio.Task[None] | None = None

    def follow(self, context: Context) -> None:
        """Begin to total the book whose partition 0 this process has opened."""
        self.stop()
        self._task = asyncio.create_task(self._run(context))

    def stop(self) -> None:
        """Total no more books."""
        if self._task is not None:
            self._task.cancel()

    async def _run(self, context: Context) -> None:
        portfolio, positions = Portfolio(), dict.fromkeys(range(self._access.settings.partitions), 0)
        while True:
            publisher, reader = Publisher(self._access.settings), Reader(self._access.settings)
            try:
                await publisher.start()
                await reader.start()
                await self._total_each_day(context, _Book(portfolio, positions, publisher, reader))
            except (KafkaError, ReadFailed, OSError) as error:  # a timeout is an OSError
                structlog.get_logger("obligor.portfolio").warning("the book is not totalled", error=str(error))
            finally:
                await reader.stop()
                await publisher.stop()
            await asyncio.sleep(RETRY_SECONDS)

    async def _total_each_day(self, context: Context, book: _Book) -> None:
        while True:
            await asyncio.sleep(POLL_SECONDS)
            if day_to_total(context, book.totalled_on) is None:
                continue
            await asyncio.sleep(SETTLE_SECONDS)
            await self._catch_up(book)
            on = day_to_total(context, book.totalled_on)
            if on is not None:
                # In a thread: over ten thousand accounts it takes a tenth of a second, which orders would wait for.
                totalled = await asyncio.to_thread(
                    book.portfolio.total, on, context.base, context.rates, context.policy.warnings
                )
                await self._tell(book, totalled, context.day_effect)
                book.totalled_on = on.isoformat()

    async def _catch_up(self, book: _Book) -> None:
        """Read what was published since."""
        partitions = {number: self._access.at("exposures", number) for number in book.positions}
        ends = await book.reader.ends(list(partitions.values()))
        for number, at in partitions.items():
            async for records in book.reader.read(at, book.positions[number], ends[at]):
                for record in records:
                    book.portfolio.take(record.value)
            book.positions[number] = max(book.positions[number], ends[at])

    async def _tell(self, book: _Book, totalled: BookTotalled, effect: str) -> None:
        """Write the total of a day, meant as its closing was: from imported days nothing follows."""
        headers = event_headers(f"book/{totalled.business_date.isoformat()}", "book_totalled", "")
        headers.append(("effect", effect.encode()))
        record = Published("control", None, msgspec.json.encode(totalled), headers)
        full_name = topic(self._access.settings.topic_prefix, "control")
        await book.publisher.write(full_name, 0, [(end_of_day_ms(totalled.business_date), record)])
