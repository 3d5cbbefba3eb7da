"""The running parts behind everything that writes: the producer, the ledger's newest part, the clock."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiokafka.errors import KafkaError

from api.acting.known_accounts import KnownAccounts
from api.acting.ledger_tail import LedgerTail
from api.acting.mending import DeadLetters, Mending
from api.acting.message import Message, Sign, Written, unsigned
from api.acting.outcomes import Outcome, is_same
from api.acting.sending import Sending
from api.webhooks.addresses import Addresses
from api.webhooks.delivery import Patience
from api.webhooks.notifier import Notifier
from schemas.ledger import written_at

SOURCE = "obligor/api"
_TOLD_KEPT = 20_000


class Acting:
    """Writes facts and finds out what became of them.

    Args:
        connection: keyword arguments that connect a Kafka client.
        prefix: the topic prefix of this deployment.
        sign: adds to facts of people what proves that this api wrote them.
        patience: how long webhooks are tried.
        mending: what is known elsewhere of dead letters; without it none is sent in again.
        webhook_networks: networks in CIDR notation that webhooks may lead into though they are not the internet.
        simulated_time: stamp facts with the newest time in the ledger, where a simulated market makes the time.
    """

    def __init__(
        self,
        connection: Mapping[str, Any],
        prefix: str,
        sign: Sign = unsigned,
        *,
        webhook_networks: Iterable[str] = (),
        patience: Patience = Patience(),
        mending: Mending | None = None,
        simulated_time: bool = False,
    ) -> None:
        self.tail = LedgerTail(connection, prefix)
        self.sending = Sending(connection, prefix, sign)
        self.notifier = Notifier(connection, prefix, self.sending, Addresses(webhook_networks), patience)
        self.accounts: KnownAccounts | None = None
        self.dead_letters = None if mending is None else DeadLetters(connection, prefix, mending)
        self._simulated_time = simulated_time
        self._told: OrderedDict[str, None] = OrderedDict()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep up with the ledger and tell webhooks; at the end send what is under way."""
        reading = asyncio.create_task(self.tail.run())
        try:
            async with self.notifier.running():
                yield
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
            await self.sending.stop()

    def now_ms(self) -> int:
        """Return the moment that a fact is stamped with."""
        newest = self.tail.outcomes.newest_at_ms if self._simulated_time else 0
        return newest or time.time_ns() // 1_000_000

    async def known(self, name: str) -> Outcome | None:
        """Return what became of a fact, by id or place, or None if neither the newest records nor the views have it."""
        try:
            newest = await self.tail.find(name)
        except (KafkaError, OSError, TimeoutError):
            newest = None
        return newest if newest is not None or self.accounts is None else self.accounts.past(name)

    async def tell(self, message: Message, fact_id: str, wait_seconds: float) -> tuple[Written, Outcome | None]:
        """Write a fact and return where it stands and, if the ledger says so in time, what became of it.

        Raises:
            NotWritten: the brokers did not acknowledge it.
        """
        (written,) = await self.sending.send([message])
        self._told[fact_id or written_at(written.topic, written.partition, written.offset)] = None
        if len(self._told) > _TOLD_KEPT:
            self._told.popitem(last=False)
        return written, await self._outcome(message, written, fact_id, wait_seconds)

    async def _outcome(self, message: Message, written: Written, fact_id: str, wait_seconds: float) -> Outcome | None:
        """Of a repetition there is no record but the first, which has the same id and says the same."""
        place = written_at(written.topic, written.partition, written.offset)
        first = await self.known(fact_id)
        if first is not None and is_same(first, message.value):
            return first
        outcome = await self.known(place)
        if outcome is not None or wait_seconds <= 0:
            return outcome
        return await self.tail.outcomes.wait((place, fact_id), wait_seconds)

    async def later(self, fact_id: str, wait_seconds: float) -> Outcome | None:
        """Return what became of a fact that was told before, waiting for the ledger to have it."""
        found = await self.known(fact_id)
        if found is None and wait_seconds > 0:
            found = await self.tail.outcomes.wait([fact_id], wait_seconds)
        return found

    @property
    def knows_all(self) -> bool:
        """Return whether what is not known here was never told, as far as the ledger has come."""
        return self.accounts is not None and self.accounts.is_whole

    def has_told(self, fact_id: str) -> bool:
        """Return whether this process wrote a fact not long ago."""
        return fact_id in self._told
