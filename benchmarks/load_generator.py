"""An open-loop load: simulated facts at a fixed rate, each at its time whether the earlier ones are through or not.

`python -m benchmarks.load_generator BROKERS PREFIX RATE SECONDS FIRST` prints how late it was at worst, for honesty.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import islice

from confluent_kafka import Producer

from benchmarks.kafka_side import placed
from streams.message import Message
from streams.simulator import stream

ACCOUNTS = 30_000
SEED = 11
_DAYS_BEFORE = 9
"""The market begins so long ago: to take facts from beyond the open day a worker looks at `control` first, so the
business day of the load is today or a little later."""
_WEDNESDAY = 2
_LEAD_S = 0.5
_CLOSING = b'{"type":"day_closed"'


def messages(first: int, count: int) -> list[Message]:
    """Return these facts of the market."""
    return list(islice(_market(), first, first + count))


def _market() -> Iterator[Message]:
    start = date.today() - timedelta(days=_DAYS_BEFORE)
    start += timedelta(days=(_WEDNESDAY - start.weekday()) % 7)
    return stream(ACCOUNTS, SEED, start=start)


def beginnings(length: int, count: int) -> list[int]:
    """Return where so many business days of at least this many facts begin, from today on."""
    found: list[int] = []
    begin, today = 0, f'"business_date":"{date.today()}"'.encode()
    is_past = True
    for number, message in enumerate(_market(), 1):
        if not message.value.startswith(_CLOSING):
            continue
        is_past = is_past and today not in message.value
        if not is_past and number - begin > length:
            found.append(begin)
            if len(found) == count:
                break
        begin = number
    return found


def main(brokers: str, prefix: str, rate: float, seconds: float, first: int) -> None:
    """Send; a record's timestamp is when it was due."""
    producer = Producer(
        {
            "bootstrap.servers": brokers,
            "enable.idempotence": True,
            "linger.ms": 0,
            "queue.buffering.max.messages": 1_000_000,
        }
    )
    found = messages(first, int(rate * seconds))
    for message in found:
        placed(message, prefix)
    began, lates = time.time() + _LEAD_S, []
    for number, message in enumerate(found):
        due = began + number / rate
        while (now := time.time()) < due:
            time.sleep(due - now)
        name, partition, key, value, timestamp, headers = placed(message, prefix, int(due * 1000))
        producer.produce(name, value, key, partition, timestamp=timestamp, headers=headers)
        producer.poll(0)
        lates.append(now - due)
    assert producer.flush(60) == 0, "expected the load to be written within 60 s"
    lates.sort()
    print(f"{lates[int(len(lates) * 0.99)] * 1000:.1f}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5]))
