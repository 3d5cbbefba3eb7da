"""What the world says in a run: a few accounts with tight limits, days that close, repeats, what nobody can read."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from importlib import resources
from random import Random
from typing import Any

from schemas.partitioning import partition_of
from tests import builders as b
from tests.builders import Said
from tests.simulation.options import Options

START_ON = date(2025, 3, 3)
START_MS = 1_740_960_000_000
DAY_MS = 86_400_000
AMOUNTS = (1, 10, 30, 50, 70, 100, 200, 400)


@dataclass(frozen=True)
class Sent:
    """A record as somebody produces it; without a value for `key` and `value` it is a transaction's marker."""

    topic: str
    number: int
    at_ms: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()
    is_marker: bool = False


class World:
    """Makes up the records of one run."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._rng = Random(f"workload/{options.seed}")
        self._accounts = [f"A{number}" for number in range(options.accounts)]
        self._count = 0
        self._day = 0
        self._closed_on: date | None = None
        self.sent: list[Sent] = []

    def make(self) -> list[Sent]:
        """Return everything that is produced, in the order of producing."""
        for account_id in self._accounts:
            self._say(b.account_opened(account_id=account_id))
            if self._rng.random() < 0.8:
                self._say(b.limit_set(self._rng.choice([100, 500, 1_000]), account_id=account_id))
        while len(self.sent) < self._options.facts:
            self._go_on()
        self._close_day()
        if not self._options.is_cold:
            self._shuffle_a_little()
        if self._rng.random() < 0.3:
            self._end_on_nothing()
        return self.sent

    def _end_on_nothing(self) -> None:
        """The last that control has is no broadcast, and facts come that are far beyond the last closed day."""
        is_marker = self._rng.random() < 0.5
        self.sent.append(Sent("control", 0, self._now(), None, b"{", (), is_marker))
        self._day += 20
        for account_id in self._accounts:
            self._say(b.payment(30, f"{account_id}-PX", account_id=account_id))

    def _go_on(self) -> None:
        chance = self._rng.random()
        if chance < 0.05:
            self._close_day()
        elif chance < 0.08:
            self._broadcast()
        elif chance < 0.08 + self._options.poison * 0.5:
            self._spoil()
        elif chance < 0.1 + self._options.poison * 0.5:
            number = self._rng.randrange(self._options.partitions)
            topic = self._rng.choice(["orders", "payments", "control"])
            self.sent.append(Sent(topic, number, self._now(), None, None, (), True))
        else:
            self._say(self._fact())
            if self._rng.random() < self._options.repeated:
                self.sent.append(self._rng.choice(self.sent[-20:]))

    def _now(self) -> int:
        return START_MS + self._day * DAY_MS + len(self.sent)

    def _say(self, said: Said) -> None:
        self._count += 1
        headers = {**said.headers, "ce_id": f"f{self._count}"}
        pairs = tuple((name, text.encode()) for name, text in headers.items())
        key = said.key.encode()
        self.sent.append(
            Sent(said.topic, partition_of(key, self._options.partitions), self._now(), key, said.bytes(), pairs)
        )

    def _close_day(self) -> None:
        on = START_ON + timedelta(days=self._day)
        if self._rng.random() < 0.1 and self._closed_on is not None:
            on = self._closed_on
        self._closed_on = on
        at_ms = START_MS + (self._day + 1) * DAY_MS - 1
        said = b.day_closed(on.isoformat())
        self.sent.append(Sent("control", 0, at_ms, None, said.bytes(), (("ce_id", on.isoformat().encode()),)))
        self._day += self._rng.choice([1, 1, 10])

    def _broadcast(self) -> None:
        kind = self._rng.choice(self._options.broadcasts)
        if kind == "day":
            self._close_day()
            return
        said = (
            b.rates_set(USD=self._rng.choice(["1.1", "0.9"])) if kind == "rates" else b.policy_adopted(self._policy())
        )
        self._count += 1
        pairs = (("ce_id", b"c%d" % self._count),)
        self.sent.append(Sent("control", 0, self._now(), None, said.bytes(), pairs))

    def _policy(self) -> dict[str, Any]:
        text = resources.files("schemas").joinpath("policies/default.toml").read_text(encoding="utf-8")
        policy = tomllib.loads(text)
        if self._rng.random() < 0.2:
            policy["nonsense"] = {"of": 1}
        policy["fact_ids_kept_days"] = self._rng.choice([30, 400])
        return policy

    def _spoil(self) -> None:
        """Produce something that is no fact, or a fact where it does not belong."""
        rng, key = self._rng, self._rng.choice(self._accounts).encode()
        topic = rng.choice(["orders", "payments", "desk", "control", "bureau"])
        number = partition_of(key, self._options.partitions)
        headers: tuple[tuple[str, bytes], ...] = (("ce_id", b"x%d" % len(self.sent)),)
        values = [b"{", b"null", None, b"[]", b'{"type":"no_such"}', b"\xff\xfe", b'{"a":1e999}', b"0" * 3000]
        value: bytes | None = rng.choice(values)
        chance = rng.random()
        if chance < 0.2:
            value, topic = b.order("OX", 50, account_id="A0").bytes(), "orders"
            key, number = rng.choice([b"", b"A1", b"\xff"]), rng.randrange(self._options.partitions)
        elif chance < 0.3:
            stranger = f"S{rng.randrange(5)}"
            value, topic, key = b.account_opened(account_id=stranger).bytes(), "dossiers", stranger.encode()
            number = rng.randrange(self._options.partitions)
        elif chance < 0.4:
            headers = (("effect", b"sideways"),)
        elif topic == "control":
            number = rng.randrange(self._options.partitions)
        self.sent.append(Sent(topic, number, self._now(), key, value, headers))

    def _fact(self) -> Said:
        rng, amount = self._rng, self._rng.choice(AMOUNTS)
        account_id = rng.choice(self._accounts)
        order_id, other_id = (f"{account_id}-O{rng.randrange(9)}" for _ in range(2))
        invoice_id, payment_id = f"{account_id}-I{rng.randrange(6)}", f"{account_id}-P{rng.randrange(9)}"
        due_on = (START_ON + timedelta(days=self._day + rng.choice([-3, 0, 1, 5, 30]))).isoformat()
        currency = rng.choice(["EUR"] * 6 + ["USD"]) if "rates" in self._options.broadcasts else "EUR"
        said = rng.choice(
            [
                lambda: b.order(f"{order_id}-{currency}", amount, currency=currency),
                lambda: b.order(order_id, amount),
                lambda: b.order(other_id, amount),
                lambda: b.amended(order_id, rng.randint(2, 4), amount_minor=amount),
                lambda: b.cancelled(order_id, revision=rng.randint(5, 9)),
                lambda: b.delivery(amount, order_id, f"{account_id}-D{self._count}"),
                lambda: b.invoice(amount, invoice_id, orders={order_id: amount}, due_on=due_on),
                lambda: b.invoice(amount, invoice_id, due_on=due_on),
                lambda: b.payment(amount, payment_id, currency=currency),
                lambda: b.payment(amount, payment_id, pays={invoice_id: max(1, amount // 2)}),
                lambda: b.payment_reversed(payment_id),
                lambda: b.limit_set(rng.choice([0, 100, 500, 1_000])),
                lambda: b.released(order_id),
                lambda: rng.choice([b.suspended, b.reinstated])(),
                lambda: b.credit_note(amount, invoice_id, f"{account_id}-C{self._count}"),
            ]
        )()
        return said.but(account_id=account_id)

    def _shuffle_a_little(self) -> None:
        """Let records of different producers overtake each other by a few places."""
        keyed = [(place + self._rng.choice([0, 0, 0, 3, 9]), place) for place in range(len(self.sent))]
        self.sent = [self.sent[place] for _, place in sorted(keyed)]
