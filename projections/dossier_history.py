"""The history of a dossier: every field by name, and what each ledger record changed of them."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from projections.dossier import dossier_of
from projections.dossier_rows import AdverseEvent, Assessment, Member, PartyRow, Reference, Report, Statement
from projections.limit_files import limit_file_of, measure_file_of
from projections.limit_rows import MeasureInForce
from projections.partition import Partition
from projections.rows import KIND_LETTERS, Account, Document, TemporaryLimit, decode_document

PLEDGED = {"cover": "covers", "contract": "contracts", "bill": "bills"}
"""Kinds of documents that belong to the dossier, and what they are called there."""

_OF_THE_ACCOUNT = ("status", "held", "grade", "limit_minor", "unlimited", "currency")
_OWN_WORK = frozenset(
    {
        *("key", "said_on", "versions", "twins", "stood", "counted", "cover_counts", "named", "number"),
        *("grade_changed_on", "scored_on", "before", "moved"),
    }
)
"""Fields of rows that say how they are kept."""
_IN_THE_NAME: dict[type[Struct], frozenset[str]] = {
    PartyRow: frozenset({"party_id"}),
    Assessment: frozenset({"subject"}),
    Reference: frozenset({"referee", "kind"}),
    Report: frozenset({"provider", "party_id", "before"}),
    Statement: frozenset({"period_end_on", "consolidated"}),
    Member: frozenset({"customer_id"}),
    MeasureInForce: frozenset({"name"}),
}
"""Fields of rows that the name of their place, or the history itself, says already."""


class Change(Struct, frozen=True):
    """A field that became another; None is not known, or no longer."""

    field: str
    old: Any
    new: Any


def fields_of(partition: Partition, account_id: str) -> dict[str, Any]:
    """Return every known field of an account's dossier by its name, such as `members.C2.left_on`.

    Amounts are minor units, dates ISO dates. Writes the partition's rows, so that documents can be listed.
    """
    found: dict[str, Any] = {}
    account = partition.book.account(account_id)
    if account is None:
        return found
    _add_account(found, account)
    _add_decided(found, partition, account_id)
    dossier = dossier_of(partition.book, account_id)
    if dossier is not None:
        _add(found, "", dossier)
    for kind, name in PLEDGED.items():
        for document in documents_of(partition, kind, account_id):
            _add(found, f"{name}.{document.key}", document)
    return found


def _add_account(found: dict[str, Any], account: Account) -> None:
    for name in _OF_THE_ACCOUNT:
        _add(found, name, getattr(account, name))
    _add(found, "granted_net_days", account.net_days)
    _add(found, "temporary_limits", account.temporary)


def _add_decided(found: dict[str, Any], partition: Partition, account_id: str) -> None:
    """Add who set the limit and the terms, and the measures in force."""
    limits = limit_file_of(partition.book, account_id)
    measures = measure_file_of(partition.book, account_id)
    if limits is not None:
        for name in ("set_by", "set_on"):
            _add(found, f"limit_{name}", getattr(limits, name))
        _add(found, "granted_until", limits.granted_until)
    if measures is not None:
        _add(found, "measures", measures.in_force)


def documents_of(partition: Partition, kind: str, account_id: str) -> list[Document]:
    """Return an account's documents of a kind in the order of their keys; writes the partition's rows first."""
    partition.commit()
    start = f"{KIND_LETTERS[kind]}{account_id}\x00".encode()
    return [decode_document(kind, value) for _, value in partition.rows.scan(start, start + b"\xff")]


def _add(found: dict[str, Any], name: str, value: Any) -> None:
    """Add a value, or the fields inside it; what is empty is not known."""
    if isinstance(value, Struct):
        hidden = _OWN_WORK | _IN_THE_NAME.get(type(value), frozenset())
        for inner in value.__struct_fields__:
            if inner not in hidden:
                _add(found, f"{name}.{inner}" if name else inner, getattr(value, inner))
    elif isinstance(value, dict):
        for key, inner in value.items():
            _add(found, f"{name}.{_readable(str(key))}", inner)
    elif isinstance(value, list) and value and isinstance(value[0], Struct):
        for one in value:
            _add(found, f"{name}.{_name_of(one)}", one)
    elif value is not None and value != "" and value != [] and value is not False:
        found[name] = msgspec.to_builtins(value)


def _readable(key: str) -> str:
    return "/".join(part for part in key.split("\x1f") if part)


def _name_of(row: Struct) -> str:
    """Return what tells one row of a list from the others."""
    if isinstance(row, PartyRow):
        return row.party_id
    if isinstance(row, Assessment):
        return row.subject
    if isinstance(row, Reference):
        return f"{row.referee}/{row.kind}"
    if isinstance(row, AdverseEvent):
        return f"{row.event}/{row.event_id or row.reported_on}"
    if isinstance(row, Statement):
        return row.period_end_on + ("/consolidated" if row.consolidated else "")
    if isinstance(row, MeasureInForce):
        return row.name
    if isinstance(row, TemporaryLimit):
        return f"{row.valid_from}/{row.valid_until}"
    raise AssertionError(f"{type(row).__name__} in a dossier has no name")


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[Change]:
    """Return what changed between two states of all fields, by name.

    >>> differences({"a": 1, "b": 2}, {"b": 3})
    [Change(field='a', old=1, new=None), Change(field='b', old=2, new=3)]
    """
    names = sorted(before.keys() | after.keys())
    pairs = [(name, before.get(name), after.get(name)) for name in names]
    return [Change(name, old, new) for name, old, new in pairs if old != new]
