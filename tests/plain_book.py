"""An account's stages as a plain sum over its documents; shares no code with the core."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.builders import Said

Stages = tuple[int, ...]


class PlainBook:
    """The latest version of every document that was taken in, and the last answer to every order."""

    def __init__(self) -> None:
        self.orders: dict[str, dict[str, Any]] = {}
        self.deliveries: dict[str, dict[str, Any]] = {}
        self.invoices: dict[str, dict[str, Any]] = {}
        self.cash: dict[str, dict[str, Any]] = {}
        self.allocations: set[str] = set()

    def knows_what_it_names(self, fact: Said) -> bool:
        """Return whether all documents are there: facts that wait are another property's business."""
        return all(name in known for known, name in self._names(fact.value))

    def _names(self, value: dict[str, Any]) -> Iterator[tuple[Any, str]]:
        kind = value["type"]
        if kind in ("order_amended", "order_cancelled", "order_closed", "order_reopened"):
            yield self.orders, value["order_id"]
        if kind == "delivery_reversed":
            yield self.deliveries, value["delivery_id"]
        if kind in ("invoice_amended", "invoice_cancelled"):
            yield self.invoices, value["invoice_id"]
        if kind in ("payment_cleared", "payment_reversed"):
            yield self.cash, value["payment_id"]
        if kind in ("bill_honoured", "bill_dishonoured"):
            yield self.cash, value["bill_id"]
        if kind == "allocation_reversed":
            yield self.allocations, value["allocation_id"]
        if kind == "allocated":
            yield self.cash, next(iter(value["from"].values()))
            yield self.invoices, value["to"]["invoice_id"]
        if kind == "credit_note_issued" and "invoice_id" in value:
            yield self.invoices, value["invoice_id"]
        for part in value.get("allocations", ()):
            yield self.invoices, part["invoice_id"]
        for cover in value.get("covers", ()):
            if "order_id" in cover:
                yield self.orders, cover["order_id"]
            else:
                yield self.deliveries, cover["delivery_id"]

    def take(self, fact: Said, decisions: list[Any]) -> None:
        """Take a fact in unless it was refused or is a repeat."""
        tags = [found.__struct_config__.tag for found in decisions]
        if "fact_rejected" not in tags:
            self._take(fact.value)
        for tag, found in zip(tags, decisions, strict=True):
            if tag.startswith("order_"):
                self.orders[found.order_id]["state"] = "released" if tag == "order_released" else "waiting"

    def _take(self, value: dict[str, Any]) -> None:
        kind = value["type"]
        if kind == "order_placed":
            known = self.orders.setdefault(value["order_id"], {"open": True, "state": "new", "revision": 0})
            self._renew(known, value)
        elif kind == "order_amended":
            self._renew(self.orders[value["order_id"]], value)
        elif kind in ("order_cancelled", "order_closed", "order_reopened"):
            self._end(self.orders[value["order_id"]], value)
        elif kind == "order_delivered":
            self._renew(self.deliveries.setdefault(value["delivery_id"], {"revision": 0}), {"gone": False, **value})
        elif kind == "delivery_reversed":
            self.deliveries[value["delivery_id"]]["gone"] = True
        elif kind == "invoice_issued":
            self._renew(self.invoices.setdefault(value["invoice_id"], {"revision": 0, "gone": False}), value)
        elif kind == "invoice_amended":
            self._renew(self.invoices[value["invoice_id"]], value)
        elif kind == "invoice_cancelled":
            self.invoices[value["invoice_id"]]["gone"] = True
        else:
            self._take_cash(kind, value)

    def _take_cash(self, kind: str, value: dict[str, Any]) -> None:
        if kind == "payment_received":
            known = self.cash.setdefault(value["payment_id"], {"revision": 0, "gone": False})
            self._renew(known, value)
        elif kind == "credit_note_issued":
            known = self.cash.setdefault(value["credit_note_id"], {"revision": 0, "gone": False})
            self._renew(known, {"status": "cleared", **value})
        elif kind == "bill_received":
            known = self.cash.setdefault(value["bill_id"], {"revision": 0, "gone": False})
            self._renew(known, {"status": "advised", **value})
        elif kind in ("payment_cleared", "bill_honoured"):
            self.cash[value.get("payment_id") or value["bill_id"]]["has_arrived"] = True
        elif kind in ("payment_reversed", "bill_dishonoured"):
            self.cash[value.get("payment_id") or value["bill_id"]]["gone"] = True
        elif kind == "allocated":
            self.allocations.add(value["allocation_id"])

    def _renew(self, known: dict[str, Any], value: dict[str, Any]) -> None:
        revision = value.get("revision", 1)
        if revision > known["revision"]:
            known.update(value)

    def _end(self, order: dict[str, Any], value: dict[str, Any]) -> None:
        if value["revision"] > order["revision"]:
            order["revision"] = value["revision"]
            order["open"] = value["type"] == "order_reopened"
            order["state"] = "new" if order["open"] else order["state"]

    def currencies(self) -> set[str]:
        """Return all currencies of documents."""
        documents = [*self.orders.values(), *self.invoices.values(), *self.cash.values()]
        return {str(found["currency"]) for found in documents}

    def stages(self, currency: str) -> Stages:
        """Return orders, pending, delivered, invoiced less paid, and what was promised: advised, or on a bill.

        A bill takes nothing off what is owed until it is honoured: it stands for what it pays.
        """
        orders = [
            self._order_stages(name, found) for name, found in self.orders.items() if found["currency"] == currency
        ]
        released, pending, delivered = (sum(found[place] for found in orders) for place in range(3))
        invoices = [found for found in self.invoices.values() if found["currency"] == currency and not found["gone"]]
        cash = [found for found in self.cash.values() if found["currency"] == currency and not found["gone"]]
        arrived = [found for found in cash if found.get("has_arrived") or found.get("status") != "advised"]
        paid = sum(found["amount_minor"] for found in arrived)
        advised = sum(found["amount_minor"] for found in cash) - paid
        return released, pending, delivered, sum(found["amount_minor"] for found in invoices) - paid, advised

    def stages_in(self, account: Any, currency: str) -> Stages:
        """Return the same of the core's summary."""
        found = account.stages[currency]
        owed, promised = found.invoiced + found.bills - found.unapplied, found.uncleared + found.bills
        return found.orders, found.pending, found.delivered, owed, promised

    def _order_stages(self, name: str, order: dict[str, Any]) -> tuple[int, int, int]:
        here = [found for found in self.deliveries.values() if not found["gone"]]
        invoices = [found for found in self.invoices.values() if not found["gone"]]
        sent = [(found, cover) for found in here for cover in found["covers"] if cover["order_id"] == name]
        billed = [(found, cover) for found in invoices for cover in found["covers"] if cover.get("order_id") == name]
        delivered = sum(cover["amount_minor"] for _, cover in sent)
        invoiced = sum(cover["amount_minor"] for _, cover in billed)
        invoiced += sum(self._billed_by_delivery(found, name) for found in here)
        last_bill = any(found.get("final") for found, _ in billed)
        ended = not order["open"] or last_bill or any(found.get("final") for found, _ in sent)
        rest = 0 if ended or order.get("kind") == "quote" else max(0, order["amount_minor"] - max(delivered, invoiced))
        left = 0 if last_bill else max(0, delivered - invoiced)
        return (rest if order["state"] == "released" else 0), (rest if order["state"] == "waiting" else 0), left

    def _billed_by_delivery(self, delivery: dict[str, Any], name: str) -> int:
        """Bills that name a delivery fill its lines from the first on; what is too much lies on the last."""
        naming = [
            (found, cover)
            for found in self.invoices.values()
            if not found["gone"]
            for cover in found["covers"]
            if cover.get("delivery_id") == delivery["delivery_id"]
        ]
        left = sum(cover["amount_minor"] for _, cover in naming)
        if any(found.get("final") for found, _ in naming):
            left = max(left, sum(cover["amount_minor"] for cover in delivery["covers"]))
        total, lines = left, delivery["covers"]
        billed = 0
        for place, cover in enumerate(lines):
            part = left if place == len(lines) - 1 else min(left, cover["amount_minor"])
            left -= part
            billed += part if cover["order_id"] == name else 0
        assert billed <= total
        return billed
