"""An example of each answer, made from its type: what a field is called says what stands in it."""

from __future__ import annotations

from typing import Any

from msgspec import Struct
from msgspec import inspect as types

_TEXTS = {
    "account_id": "A-1001",
    "account_name": "Nordwind Handel GmbH",
    "name": "Nordwind Handel GmbH",
    "currency": "EUR",
    "account_currency": "EUR",
    "status": "active",
    "grade": "B",
    "before": "C",
    "manager": "m.keller",
    "assignee": "j.weber",
    "actor": "j.weber",
    "maker": "j.weber",
    "handled_by": "j.weber",
    "industry": "wholesale",
    "country": "DE",
    "version": "3-1874",
    "level": "warning",
    "combined_level": "warning",
    "order_id": "O-20417",
    "invoice_id": "I-7",
    "payment_id": "P-3",
    "approval_id": "AP-12",
    "alert_id": "A-1001/7",
    "document_no": "4500020417",
    "cause": "utilisation",
    "measure": "call the customer before the next order",
    "owner_role": "credit_analyst",
    "role": "credit_manager",
    "subject": "limit",
    "state": "open",
    "answer": "order_blocked",
    "checkpoint": "order",
    "effect": "binding",
    "business_date": "2026-11-24",
    "ledger": "0/3/1874/1",
    "topic": "credit.orders.v1",
    "source": "orders",
    "kind": "order_blocked",
    "part": "worker 4711",
    "policy_id": "bec1dba40849cb92",
    "limit_set_by": "desk",
    "set_by": "desk",
    "core": "1.1.0",
    "next": "kqdhLTEwMDAyp0EtMTAwMDI",
}
_AS_PUBLISHED = {"...": "as published, see contract.md"}
_REASONS = [
    {"code": "exposure_exceeds_limit", "answer": "refer", "exposure_minor": 8_250_000, "limit_minor": 8_000_000}
]
_LISTS: dict[str, Any] = {
    "reasons": _REASONS,
    "why": _REASONS,
    "because": [{"code": "scorecard", "points": 646, "at_least_points": 605}],
    "grade_because": [{"code": "scorecard", "points": 646, "at_least_points": 605}],
    "needs": ["credit_manager"],
    "decisions": [{"type": "order_blocked", **_AS_PUBLISHED}],
    "checks": ["oldest_overdue"],
}


def example_of(kind: type[Struct]) -> Any:
    """Return an example of a type of answers."""
    return _example(types.type_info(kind), "")


def _example(found: types.Type, name: str) -> Any:
    if isinstance(found, types.UnionType):
        return _example(next(one for one in found.types if not isinstance(one, types.NoneType)), name)
    if isinstance(found, types.StructType):
        if name == "exposure":
            return {"account_id": "A-1001", "exposure_minor": 8_250_000, **_AS_PUBLISHED}
        return {field.encode_name: _example(field.type, field.encode_name) for field in found.fields}
    if isinstance(found, types.ListType):
        return _LISTS[name] if name in _LISTS else [_example(found.item_type, name.removesuffix("s"))]
    if isinstance(found, types.DictType):
        return {"EUR": 8_250_000} if isinstance(found.value_type, types.IntType) else {"...": "..."}
    if isinstance(found, types.LiteralType):
        return found.values[1] if name == "state" and "waiting" in found.values else found.values[0]
    return _plain(found, name)


def _plain(found: types.Type, name: str) -> Any:
    if isinstance(found, types.BoolType):
        return False
    if isinstance(found, types.FloatType):
        return 12.5
    if isinstance(found, types.IntType):
        return _number(name)
    if isinstance(found, types.StrType):
        if name.endswith(("_on", "_until")):
            return "2026-11-30"
        return _TEXTS.get(name, name or "...")
    return {"type": "order_placed", "...": "as received"} if name == "fact" else {"...": "..."}


def _number(name: str) -> int:
    if name.endswith("at_ms"):
        return 1_795_600_000_000
    if name.endswith("_minor"):
        return 8_250_000
    if name.endswith("_bp"):
        return 9_100
    return 646 if name.startswith("score") else 1
