"""An account's exposure worked out the plain way: sums per document, from the facts and the ledger's own answers.

Knows nothing of the core and imports nothing of it. Cash is never allocated here: what an invoice loses by a payment
the payment loses too, so exposure needs only what was invoiced, what came in, and what each order still is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.plain_cover import PlainCovers
from tests.plain_rates import Rates

Json = dict[str, Any]
_NOT_BINDING = ("quote", "contract")


@dataclass
class PlainOrder:
    """An order, and what is known of it even before it was placed."""

    amount: int = 0
    currency: str | None = None
    kind: str = "order"
    revision: int = 0
    is_open: bool = True
    state: str = "new"
    covered: set[str] = field(default_factory=set)
    invoiced: int = 0
    invoiced_finally: int = 0
    held: dict[str, int] = field(default_factory=dict)


@dataclass
class PlainDelivery:
    """A delivery: what it covers of which order, and what was invoiced by naming it."""

    covers: list[tuple[str, int]] = field(default_factory=list)
    is_final: bool = False
    is_reversed: bool = False
    is_known: bool = False
    invoiced: int = 0
    invoiced_finally: int = 0

    def lines(self) -> list[int]:
        """What of each cover is invoiced: filled from the first on, any excess on the last."""
        left = max(self.invoiced, sum(amount for _, amount in self.covers)) if self.invoiced_finally else self.invoiced
        lines = []
        for _, amount in self.covers:
            lines.append(min(amount, left))
            left -= lines[-1]
        lines[-1] += left
        return lines


@dataclass
class PlainInvoice:
    """An invoice without its payments; `discounts` is what was let go of it, by allocation: the cash and how much."""

    amount: int = 0
    currency: str | None = None
    revision: int = 0
    is_cancelled: bool = False
    discounts: dict[str, tuple[str, int]] = field(default_factory=dict)
    covers: list[Json] = field(default_factory=list)
    is_final: bool = False


@dataclass
class PlainCash:
    """A payment or a credit note."""

    amount: int = 0
    currency: str | None = None
    revision: int = 0
    is_cleared: bool = False
    is_reversed: bool = False
    clears_later: bool = False
    for_order: str | None = None


class PlainAccount:
    """One account: documents by id, and per currency the sums of `orders`, `pending`, `delivered` and `money`.

    `money` is what was invoiced, less discounts, less cleared cash, but for cash kept for one order, which counts
    only as far as that order does.
    """

    def __init__(self) -> None:
        self.currency: str | None = None
        self.limit: int | None = None
        self.unlimited = False
        self.last_seq = -1
        self.is_off = False
        self.orders: dict[str, PlainOrder] = {}
        self.deliveries: dict[str, PlainDelivery] = {}
        self.invoices: dict[str, PlainInvoice] = {}
        self.cash: dict[str, PlainCash] = {}
        self.covers = PlainCovers()
        self.sums: dict[str, dict[str, int]] = {}
        self._counted: dict[str, tuple[str, dict[str, int]]] = {}

    def take(self, fact: Json) -> None:
        """Take a fact in that the ledger took in."""
        self.covers.take(fact)
        handler = getattr(self, f"_{fact['type']}", None)
        if handler is not None:
            handler(fact)

    def answer(self, decision: Json) -> None:
        """Follow the ledger's answer to an order, or a limit that it tells."""
        if decision["type"] == "limit_changed":
            self.limit, self.unlimited = decision["limit_minor"], decision.get("unlimited", False)
            return
        order = self.orders[decision["order_id"]]
        if decision["type"] == "order_released":
            order.state = "released"
        elif order.state != "rejected":
            order.state = "waiting"
        self._recount_order(decision["order_id"])

    def exposure(self, rates: Rates) -> int:
        """What is at risk, in the account's currency."""
        into = self.currency or rates.base
        totals = ((found["orders"] + found["delivered"] + found["money"], name) for name, found in self.sums.items())
        return sum(rates.value(total, name, into) for total, name in totals)

    def stage(self, name: str, rates: Rates) -> int:
        """One sum over all currencies, in the account's own."""
        into = self.currency or rates.base
        return sum(rates.value(found[name], currency, into) for currency, found in self.sums.items())

    def reserves(self, order_id: str) -> bool:
        """Whether anything of an order is still to be delivered: what has left is not held back any more."""
        return self._counted[f"o/{order_id}"][1].get("orders", 0) > 0

    @property
    def is_foreign(self) -> bool:
        """Whether amounts had to be valued, each rounded by itself."""
        return any(currency != self.currency for currency in self.sums)

    def _count(self, key: str, currency: str | None, **amounts: int) -> None:
        before_currency, before = self._counted.pop(key, ("", {}))
        for name, amount in before.items():
            self.sums[before_currency][name] -= amount
        if currency is None:
            return
        sums = self.sums.setdefault(currency, {"orders": 0, "pending": 0, "delivered": 0, "money": 0})
        for name, amount in amounts.items():
            sums[name] += amount
        self._counted[key] = currency, amounts

    def _sums_of(self, order_id: str, order: PlainOrder) -> tuple[int, int, int, int]:
        """Return what is still to be delivered, what of the rest waits for its invoice, delivered and invoiced."""
        covering = [self.deliveries[each] for each in order.covered if not self.deliveries[each].is_reversed]
        delivered = sum(amount for each in covering for to, amount in each.covers if to == order_id)
        through = (
            line for each in covering for (to, _), line in zip(each.covers, each.lines(), strict=True) if to == order_id
        )
        invoiced = order.invoiced + sum(through)
        invoiced_finally = order.invoiced_finally or any(each.invoiced_finally for each in covering)
        done = not order.is_open or invoiced_finally or any(each.is_final for each in covering)
        rest = 0 if done or order.kind in _NOT_BINDING else max(0, order.amount - max(delivered, invoiced))
        waits_for_invoice = 0 if invoiced_finally else max(0, delivered - invoiced)
        return rest, waits_for_invoice, delivered, invoiced

    def _recount_order(self, order_id: str) -> None:
        order = self.orders.get(order_id)
        if order is None or order.currency is None:
            if order is not None and order.held:
                currency = self.cash[next(iter(order.held))].currency
                self._count(f"o/{order_id}", currency, money=sum(order.held.values()))
            return
        rest, waits_for_invoice, delivered, invoiced = self._sums_of(order_id, order)
        released, pending = (rest if order.state == state else 0 for state in ("released", "waiting"))
        if not order.is_open and delivered <= invoiced:
            order.held.clear()
        held = sum(order.held.values())
        money = held - min(held, released + waits_for_invoice)
        self._count(
            f"o/{order_id}",
            order.currency,
            orders=released,
            pending=pending,
            delivered=waits_for_invoice,
            money=money,
        )

    def _order(self, fact: Json) -> PlainOrder:
        return self.orders.setdefault(fact["order_id"], PlainOrder())

    def _order_placed(self, fact: Json) -> None:
        order = self._order(fact)
        if fact.get("revision", 1) > order.revision:
            order.revision = fact.get("revision", 1)
            order.amount = fact.get("amount_minor", order.amount)
            order.kind = fact.get("kind", order.kind)
        is_new = order.currency is None
        order.currency = fact.get("currency", order.currency)
        self._recount_order(fact["order_id"])
        if is_new and order.held:
            self._use_deposits_for(fact["order_id"])

    _order_amended = _order_placed

    def _order_cancelled(self, fact: Json) -> None:
        order = self._order(fact)
        order.is_open = False
        order.state = "new" if order.state == "waiting" else order.state
        self._recount_order(fact["order_id"])

    _order_closed = _order_cancelled

    def _order_reopened(self, fact: Json) -> None:
        order = self._order(fact)
        order.is_open = True
        order.state = order.state if order.state == "rejected" else "new"
        self._recount_order(fact["order_id"])

    def _order_reject(self, fact: Json) -> None:
        self._order(fact).state = "rejected"
        self._recount_order(fact["order_id"])

    def _order_delivered(self, fact: Json) -> None:
        delivery = self.deliveries.setdefault(fact["delivery_id"], PlainDelivery())
        delivery.covers = [(cover["order_id"], cover["amount_minor"]) for cover in fact["covers"]]
        delivery.is_final, delivery.is_known = fact.get("final", False), True
        for order_id, _ in delivery.covers:
            order = self.orders.setdefault(order_id, PlainOrder())
            order.covered.add(fact["delivery_id"])
            self._recount_order(order_id)
            left = order.amount - sum(amount for to, amount in delivery.covers if to == order_id)
            if order.state == "waiting" and (left <= 0 or delivery.is_final):
                self._leave_queue(order_id)
            if order.held:
                self._use_deposits_for(order_id)

    def _use_deposits_for(self, order_id: str) -> None:
        for invoice in self.invoices.values():
            if order_id in self._covered(invoice):
                self._use_deposits(invoice)

    def _leave_queue(self, order_id: str) -> None:
        """An order of which nothing is still to come waits no longer; it must not show if a delivery comes back."""
        before = dict(self._counted.get(f"o/{order_id}", ("", {"pending": 0}))[1])
        if not before.get("pending"):
            self.orders[order_id].state = "new"

    def _delivery_reversed(self, fact: Json) -> None:
        delivery = self.deliveries.setdefault(fact["delivery_id"], PlainDelivery())
        delivery.is_reversed = True
        for order_id, _ in delivery.covers:
            self._recount_order(order_id)

    def _invoice_issued(self, fact: Json) -> None:
        invoice = self.invoices.setdefault(fact["invoice_id"], PlainInvoice())
        if fact.get("revision", 1) > invoice.revision:
            invoice.revision = fact.get("revision", 1)
            invoice.amount = fact.get("amount_minor", invoice.amount)
        invoice.currency = fact.get("currency", invoice.currency)
        if "covers" in fact and not invoice.is_cancelled:
            self._cover(invoice, -1)
            invoice.covers, invoice.is_final = fact["covers"], fact.get("final", invoice.is_final)
            self._cover(invoice, 1)
            self._use_deposits(invoice)
        self._recount_invoice(fact["invoice_id"])

    _invoice_amended = _invoice_issued

    def _invoice_cancelled(self, fact: Json) -> None:
        invoice = self.invoices.setdefault(fact["invoice_id"], PlainInvoice())
        self._cover(invoice, -1)
        invoice.is_cancelled, invoice.covers = True, []
        self._recount_invoice(fact["invoice_id"])

    def _cover(self, invoice: PlainInvoice, sign: int) -> None:
        for cover in invoice.covers:
            amount, is_final = sign * cover["amount_minor"], sign * int(invoice.is_final)
            if cover.get("delivery_id"):
                delivery = self.deliveries.setdefault(cover["delivery_id"], PlainDelivery())
                delivery.invoiced += amount
                delivery.invoiced_finally += is_final
            elif cover.get("order_id"):
                order = self._order(cover)
                order.invoiced += amount
                order.invoiced_finally += is_final
        for order_id in self._covered(invoice):
            self._recount_order(order_id)

    def _covered(self, invoice: PlainInvoice) -> list[str]:
        found: dict[str, None] = {}
        for cover in invoice.covers:
            delivery = self.deliveries.get(cover.get("delivery_id", ""))
            found.update(dict.fromkeys(to for to, _ in delivery.covers) if delivery else {})
            if not cover.get("delivery_id") and cover.get("order_id"):
                found[cover["order_id"]] = None
        return list(found)

    def _use_deposits(self, invoice: PlainInvoice) -> None:
        """A deposit for an order pays the invoice that covers the order."""
        left = invoice.amount
        for order_id in self._covered(invoice):
            order = self.orders[order_id]
            for cash_id in list(order.held) if order.currency else ():
                used = min(left, order.held[cash_id])
                left -= used
                order.held[cash_id] -= used
            self._recount_order(order_id)

    def _recount_invoice(self, invoice_id: str) -> None:
        found = self.invoices[invoice_id]
        granted = sum(amount for key, amount in found.discounts.values() if self._is_standing(key))
        money = 0 if found.is_cancelled else found.amount - granted
        self._count(f"i/{invoice_id}", found.currency, money=money)

    def _is_standing(self, key: str) -> bool:
        """A discount goes with its cash: it waits until that comes and is gone with it."""
        return self._cash(key).currency is not None and not self._cash(key).is_reversed

    def _cash(self, key: str) -> PlainCash:
        return self.cash.setdefault(key, PlainCash())

    def _payment_received(self, fact: Json) -> None:
        key = _key_of(fact)
        cash = self._cash(key)
        if fact.get("revision", 1) > cash.revision:
            cash.revision = fact.get("revision", 1)
            cash.amount, cash.currency = fact["amount_minor"], fact["currency"]
            cash.is_cleared = fact.get("status", "cleared") == "cleared" or cash.clears_later
            cash.for_order = fact.get("for_order_id")
        self._recount_cash(key)

    def _bill_received(self, fact: Json) -> None:
        """A bill takes nothing off what is owed until it is honoured: it stands for what it pays."""
        self._payment_received({"status": "advised", **fact})

    def _payment_cleared(self, fact: Json) -> None:
        cash = self._cash(_key_of(fact))
        cash.is_cleared = cash.clears_later = True
        self._recount_cash(_key_of(fact))

    _bill_honoured = _payment_cleared

    def _payment_reversed(self, fact: Json) -> None:
        self._cash(_key_of(fact)).is_reversed = True
        self._recount_cash(_key_of(fact))

    _bill_dishonoured = _payment_reversed

    def _credit_note_issued(self, fact: Json) -> None:
        key = _key_of(fact)
        cash = self._cash(key)
        if fact.get("revision", 1) > cash.revision:
            cash.revision, cash.is_cleared = fact.get("revision", 1), True
            cash.amount, cash.currency = fact["amount_minor"], fact["currency"]
        self._recount_cash(key)

    def _recount_cash(self, key: str) -> None:
        cash = self.cash[key]
        counts = cash.is_cleared and not cash.is_reversed
        self._count(key, cash.currency, money=-cash.amount if counts else 0)
        for invoice_id, invoice in self.invoices.items():
            if any(giver == key for giver, _ in invoice.discounts.values()):
                self._recount_invoice(invoice_id)
        if cash.for_order is None:
            return
        order = self.orders.setdefault(cash.for_order, PlainOrder())
        if counts and key not in order.held and (order.currency or cash.currency) == cash.currency and order.is_open:
            rest, waits_for_invoice, _, invoiced = self._sums_of(cash.for_order, order)
            # What of the order is invoiced already is paid like any invoice.
            order.held[key] = cash.amount - min(max(0, cash.amount - rest - waits_for_invoice), invoiced)
        elif not counts:
            order.held.pop(key, None)
        self._recount_order(cash.for_order)

    def _allocated(self, fact: Json) -> None:
        key = _key_of(fact["from"])
        invoice_id = fact["to"]["invoice_id"]
        discounts = self.invoices.setdefault(invoice_id, PlainInvoice()).discounts
        discounts[fact["allocation_id"]] = key, fact.get("discount_minor", 0)
        self._recount_invoice(invoice_id)

    def _account_opened(self, fact: Json) -> None:
        self.currency = fact["currency"]


def _key_of(names: Json) -> str:
    """Return the key of the payment, credit note or bill that a fact names."""
    return next(
        f"{field[0]}/{names[field]}" for field in ("payment_id", "credit_note_id", "bill_id") if names.get(field)
    )
