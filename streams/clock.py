"""The clock: closes business days of the real world. Simulated and imported days are closed by who tells them."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, time, timedelta

import msgspec

from projections.context import Context
from schemas.facts.control import DayClosed
from schemas.publication import Published, event_headers
from streams.publisher import Publisher
from streams.settings import Settings
from streams.topics import topic

CATCH_UP_DAYS = 31
"""A book whose last closed day is older is history being told, not a business that stood still."""


def days_to_close(closed: str | None, today: date) -> list[date]:
    """Return the days that are over and not closed, oldest first.

    >>> days_to_close("2024-05-01", date(2024, 5, 4))
    [datetime.date(2024, 5, 2), datetime.date(2024, 5, 3)]
    >>> days_to_close(None, date(2024, 5, 4))
    []
    """
    if closed is None:
        return []
    last = date.fromisoformat(closed)
    behind = (today - last).days - 1
    return [last + timedelta(days=day + 1) for day in range(behind)] if behind <= CATCH_UP_DAYS else []


def end_of_day_ms(on: date) -> int:
    """Return the last millisecond of a day in UTC, the timestamp of its closing."""
    return int(datetime.combine(on + timedelta(days=1), time.min, UTC).timestamp() * 1000) - 1


class Clock:
    """Writes `day_closed` for each day that ends while it runs, and for those missed before; one per cluster matters.

    Two clocks do no harm: a day that is closed already is a repeat.
    """

    def __init__(self, settings: Settings) -> None:
        self._topic = topic(settings.topic_prefix, "control")
        self._publisher = Publisher(settings)
        self._task: asyncio.Task[None] | None = None

    def follow(self, context: Context) -> None:
        """Begin to close days for the book whose partition 0 this process has opened."""
        self.stop()
        self._task = asyncio.create_task(self._run(context))

    def stop(self) -> None:
        """Close no more days."""
        if self._task is not None:
            self._task.cancel()

    async def _run(self, context: Context) -> None:
        await self._publisher.start()
        try:
            started_on = datetime.now(UTC).date()
            while True:
                today = datetime.now(UTC).date()
                due = days_to_close(context.business_date, today) or ([] if today == started_on else [_before(today)])
                for on in due:
                    await self._close(on)
                started_on = today
                tomorrow = datetime.combine(today + timedelta(days=1), time(0, 0, 1), UTC)
                await asyncio.sleep((tomorrow - datetime.now(UTC)).total_seconds())
        finally:
            await self._publisher.stop()

    async def _close(self, on: date) -> None:
        value = msgspec.json.encode(DayClosed(business_date=on))
        headers = event_headers(f"day/{on.isoformat()}", "day_closed", "")
        record = Published("control", None, value, headers)
        await self._publisher.write(self._topic, 0, [(end_of_day_ms(on), record)])


def _before(today: date) -> date:
    return today - timedelta(days=1)
