"""Facts about orders and deliveries: topic `orders`."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal

from msgspec import Meta, Struct

from schemas.facts.shape import Fact, Id, MoneyFact, Number, Revision, Text
from schemas.money import AmountMinor, Currency, PositiveMinor

OrderKind = Literal["order", "quote", "contract", "call_off", "cash", "consignment"]


class Terms(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """How an order is to be paid."""

    kind: Literal["open", "prepay", "cod", "lc", "bill"]
    net_days: Annotated[int, Meta(ge=0, le=3650)] | None = None


class ScheduleLine(Struct, frozen=True, kw_only=True, gc=False):
    """A part of an order and the day it is to be delivered."""

    deliver_on: date
    amount_minor: AmountMinor


class OrderPlaced(MoneyFact, frozen=True, kw_only=True, tag="order_placed", gc=False, omit_defaults=True):
    """A customer ordered; a higher revision of the same order replaces it whole."""

    document: ClassVar[tuple[str, str] | None] = ("order", "order_id")

    order_id: Id
    amount_minor: AmountMinor
    currency: Currency
    placed_on: date
    revision: Revision = 1
    kind: OrderKind = "order"
    parent_order_id: Id | None = None
    terms: Terms | None = None
    schedule: tuple[ScheduleLine, ...] = ()
    priority: Number | None = None
    partial_ok: bool | None = None


class OrderAmended(MoneyFact, frozen=True, kw_only=True, tag="order_amended", gc=False, omit_defaults=True):
    """Some fields of an order changed; those not given stay."""

    document: ClassVar[tuple[str, str] | None] = ("order", "order_id")

    order_id: Id
    revision: Annotated[int, Meta(ge=2, le=2**31)]
    amount_minor: AmountMinor | None = None
    currency: Currency | None = None
    placed_on: date | None = None
    kind: OrderKind | None = None
    parent_order_id: Id | None = None
    terms: Terms | None = None
    schedule: tuple[ScheduleLine, ...] | None = None
    priority: Number | None = None
    partial_ok: bool | None = None


class OrderCancelled(Fact, frozen=True, kw_only=True, tag="order_cancelled", gc=False, omit_defaults=True):
    """The undelivered rest of an order will not come."""

    order_id: Id
    revision: Revision | None = None
    reason: Text | None = None
    seller_id: Id | None = None


class OrderClosed(Fact, frozen=True, kw_only=True, tag="order_closed", gc=False, omit_defaults=True):
    """An order is done; its undelivered rest will not come."""

    order_id: Id
    revision: Revision | None = None
    reason: Text | None = None
    seller_id: Id | None = None


class OrderReopened(Fact, frozen=True, kw_only=True, tag="order_reopened", gc=False, omit_defaults=True):
    """A cancelled or closed order is to be delivered after all, and is checked anew."""

    order_id: Id
    revision: Revision | None = None
    reason: Text | None = None
    seller_id: Id | None = None


class OrderCover(Struct, frozen=True, kw_only=True, gc=False):
    """What of a delivery belongs to an order, in the order's currency."""

    order_id: Id
    amount_minor: PositiveMinor


class OrderDelivered(Fact, frozen=True, kw_only=True, tag="order_delivered", gc=False, omit_defaults=True):
    """Goods left; `final` says that the orders covered get no more of them."""

    document: ClassVar[tuple[str, str] | None] = ("delivery", "delivery_id")

    delivery_id: Id
    covers: Annotated[tuple[OrderCover, ...], Meta(min_length=1, max_length=1000)]
    delivered_on: date
    final: bool = False
    seller_id: Id | None = None
    revision: Revision = 1


class DeliveryReversed(Fact, frozen=True, kw_only=True, tag="delivery_reversed", gc=False, omit_defaults=True):
    """A delivery did not happen or came back."""

    document: ClassVar[tuple[str, str] | None] = ("delivery_reversal", "delivery_id")

    delivery_id: Id
    reversed_on: date | None = None
    reason: Text | None = None
    seller_id: Id | None = None


class CheckRequested(Fact, frozen=True, kw_only=True, tag="check_requested", gc=False, omit_defaults=True):
    """An order system asks again before goods or an invoice leave."""

    document: ClassVar[tuple[str, str] | None] = ("check", "check_id")

    check_id: Id
    checkpoint: Literal["order", "delivery", "invoice"]
    order_id: Id
    amount_minor: AmountMinor
    revision: Revision | None = None
    seller_id: Id | None = None


OrderFact = (
    OrderPlaced
    | OrderAmended
    | OrderCancelled
    | OrderClosed
    | OrderReopened
    | OrderDelivered
    | DeliveryReversed
    | CheckRequested
)
