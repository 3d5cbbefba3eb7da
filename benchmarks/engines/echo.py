"""The floor: a bare aiokafka consumer and producer that hand every record of all source topics on, unread."""

from __future__ import annotations

import sys

import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from streams.topics import SOURCES, topic


async def echo(brokers: str, prefix: str) -> None:
    """Hand on until the process is killed; what was an order keeps the time it was due at."""
    names = [topic(prefix, name) for name in SOURCES]
    consumer = AIOKafkaConsumer(
        *names, bootstrap_servers=brokers, group_id=f"{prefix}-echo", auto_offset_reset="earliest"
    )
    producer = AIOKafkaProducer(bootstrap_servers=brokers, acks="all", enable_idempotence=True)
    await producer.start()
    await consumer.start()
    target = topic(prefix, "decisions")
    while True:
        fetched = await consumer.getmany(timeout_ms=1_000)
        for place, records in fetched.items():
            for record in records:
                headers = [("from", place.topic.encode())]
                await producer.send(
                    target, record.value, record.key, place.partition, timestamp_ms=record.timestamp, headers=headers
                )


def main(brokers: str, prefix: str, _: str = "") -> None:
    """Run until killed."""
    uvloop.run(echo(brokers, prefix))


if __name__ == "__main__":
    main(*sys.argv[1:])
