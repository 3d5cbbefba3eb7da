"""Reading the newest part of the ledger and going on, so that outcomes are answered as the ledger has them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from api.acting.chains import ChainTail
from api.acting.outcomes import Outcome, Outcomes, read_outcome

LOOK_BACK_RECORDS = 2_000
"""So many records of each partition are read when the process starts."""
_POLL_MS = 200
_FETCH_WAIT_MS = 100
_RETRY_SECONDS = 1.0
_READ_SECONDS = 10.0
_LEDGER_BYTES = 8 * 1024 * 1024


class LedgerTail:
    """Keeps `outcomes` up with the ledger while `run` runs; `trouble` says why it does not, None if it does."""

    def __init__(self, connection: Mapping[str, Any], prefix: str) -> None:
        self.outcomes = Outcomes()
        self.trouble: str | None = "the ledger has not been reached yet"
        self._connection = dict(connection)
        self._topic = f"{prefix}.ledger.v1"

    async def run(self) -> None:
        """Read for ever, from the newest part on after every loss of the brokers."""
        while True:
            try:
                await self._follow()
            except (KafkaError, OSError, TimeoutError) as error:
                self.trouble = f"the ledger cannot be read: {str(error) or type(error).__name__}"
            await asyncio.sleep(_RETRY_SECONDS)

    async def find(self, name: str) -> Outcome | None:
        """Return what became of a fact, by id or place, whose record is among the newest, else None.

        Raises:
            KafkaError: the record cannot be read again.
            TimeoutError: it could not be read in time.
        """
        place = self.outcomes.place(name)
        if place is None:
            return None
        number, offset = place
        partition = TopicPartition(self._topic, number)
        consumer = self._new_consumer()
        try:
            async with asyncio.timeout(_READ_SECONDS):
                await consumer.start()
                consumer.assign([partition])
                consumer.seek(partition, offset)
                record = await consumer.getone(partition)
        finally:
            await consumer.stop()
        return read_outcome(number, record.value)

    async def _follow(self) -> None:
        consumer = self._new_consumer(self._topic)  # without a group it is given every partition
        try:
            await consumer.start()
            self.outcomes.begin()
            chains, ends = await self._begin(consumer, sorted(consumer.assignment()))
            while True:
                polled = await consumer.getmany(timeout_ms=_POLL_MS, max_records=500)
                for partition, records in polled.items():
                    chain = chains[partition]
                    for record in records:
                        for valid in chain.take(record.offset, record.value):
                            self.outcomes.take(partition.partition, *valid)
                await self._settle(consumer, chains, ends)
                await asyncio.sleep(0)
        finally:
            await consumer.stop()

    async def _begin(
        self, consumer: AIOKafkaConsumer, partitions: list[TopicPartition]
    ) -> tuple[dict[TopicPartition, ChainTail], dict[TopicPartition, int]]:
        first, ends = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
        chains = {}
        for partition in partitions:
            start = max(first[partition], ends[partition] - LOOK_BACK_RECORDS)
            consumer.seek(partition, start)
            chains[partition] = ChainTail(begins_at_start=start == 0)
        return chains, {partition: end for partition, end in ends.items() if end}

    async def _settle(
        self,
        consumer: AIOKafkaConsumer,
        chains: dict[TopicPartition, ChainTail],
        ends: dict[TopicPartition, int],
    ) -> None:
        for partition in list(ends):
            if await consumer.position(partition) >= ends[partition]:
                for valid in chains[partition].settle():
                    self.outcomes.take(partition.partition, *valid)
                del ends[partition]
        self.trouble = "the ledger is still being read" if ends else None

    def _new_consumer(self, *topics: str) -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            *topics,
            **self._connection,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=_FETCH_WAIT_MS,
            max_partition_fetch_bytes=_LEDGER_BYTES,
        )
