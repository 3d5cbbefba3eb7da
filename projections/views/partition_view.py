"""One ledger partition as people look at it: records in, lines and the core's own rows out, in one batch."""

from __future__ import annotations

import msgspec

from projections.layout import layout, shape_of
from projections.partition import Partition
from projections.store import Rows
from projections.views.account_lines import AccountLines
from projections.views.alert_lines import AlertLines, ApprovalLines
from projections.views.due_lines import fold_dues
from projections.views.lines import LINES, PolicyLine, StateLine, newest_first
from projections.views.order_lines import OrderLines
from projections.views.past_lines import (
    fold_events,
    fold_facts,
    fold_letters,
    fold_numbers,
    fold_scores,
    fold_trail,
)
from projections.views.shelf import Shelf
from projections.views.told import Told, said_in
from projections.watching import WatchedBook
from schemas.decisions import FactRejected
from schemas.ledger import Entry, decode_entry, digest

VERSION = 2
"""Of the folds: raise it with any change of what they make of the same ledger, so that views are built anew."""


def view_layout() -> str:
    """Return what tells the rows of this version's views from another's; the same in every process."""
    shapes = [(kind, letter, shape_of(msgspec.inspect.type_info(line))) for kind, (letter, line) in LINES.items()]
    return f"{layout().decode()} {digest(repr(shapes).encode())[:16]}"


class _Adopted(msgspec.Struct):
    policy: msgspec.Raw


class PartitionView:
    """The view of one partition, at the place in the ledger that its chain says.

    Args:
        rows: the stored rows; empty or as an earlier view of this version left them.
        number: the partition.
        partitions: how many there are.
        prefix: what topic names start with.
    """

    def __init__(self, rows: Rows, number: int, partitions: int, prefix: str) -> None:
        self.rows = rows
        self.number = number
        self.partition = Partition(rows, number, partitions, prefix)
        self.book = WatchedBook(rows)
        self.partition.book = self.book
        self.shelf = Shelf(rows)
        self.orders = OrderLines(self.shelf)
        self.alerts = AlertLines(self.shelf)
        self.approvals = ApprovalLines(self.shelf)
        self.accounts = AccountLines(self.shelf)
        self.state: StateLine = self.shelf.get("state", b"") or StateLine()

    def take(self, offset: int, value: bytes | None) -> bool:
        """Take the next record of the log; return whether it was valid: what is void leaves no trace."""
        chain = self.partition.chain
        self.state.seen = offset + 1
        try:
            entry = decode_entry(value or b"")
        except (msgspec.DecodeError, UnicodeDecodeError):
            entry = None
        if entry is None or value is None or entry.seq != chain.seq or entry.prev != chain.prev:
            self.state.void_count += 1
            return False
        self._take(offset, entry, value)
        chain.next_offset = offset + 1
        return True

    def _take(self, offset: int, entry: Entry, value: bytes) -> None:
        account_id, accounts = entry.account_id, self.accounts
        at_ms = entry.at_ms if account_id is None else accounts.at_ms(account_id, entry.at_ms)
        if account_id is None:
            self._reckon(list(accounts.pending))
        elif accounts.is_of_another_hour(account_id, at_ms):
            self._reckon([account_id])
        self.book.next_record()
        decisions = self.partition.replay(entry, value)
        self.partition.touched.clear()
        said = said_in(entry)
        told = Told(entry, offset, value, self.partition.chain.prev, said, decisions, self.number, at_ms)
        self._note_source(entry)
        fold_trail(self.shelf, told)
        fold_facts(self.shelf, told)
        fold_letters(self.shelf, told)
        if account_id is None:
            self._note_policy(told)
            self.alerts.fold_of_model(told, self.partition.context)
        else:
            self._fold_account(told, account_id)

    def _fold_account(self, told: Told, account_id: str) -> None:
        account = self.book.account(account_id)
        if account is None:
            return
        self.accounts.pending.pop(account_id, None)
        self.accounts.pending[account_id] = told.at_ms
        self.orders.fold(told, self.book)
        fold_numbers(self.shelf, told, account_id)
        if told.decisions:
            self.alerts.fold(told, account)
            self.approvals.fold(told, account)
            fold_events(self.shelf, told, account_id)
            fold_scores(self.shelf, told, account_id)
        elif told.said.type:
            fold_events(self.shelf, told, account_id)

    def _note_source(self, entry: Entry) -> None:
        self.state.at_ms = max(self.state.at_ms, entry.at_ms)
        source = entry.source.topic
        if source and not entry.source.index:
            name = source.split(".")[-2]
            self.state.sources[name] = max(self.state.sources.get(name, 0), entry.at_ms)

    def _note_policy(self, told: Told) -> None:
        if told.said.type != "policy_adopted" or any(isinstance(found, FactRejected) for found in told.decisions):
            return
        policy_id = self.partition.context.policy_id
        policy = msgspec.json.decode(told.entry.fact, type=_Adopted).policy
        said, seq = told.said, told.entry.seq
        line = PolicyLine(policy_id, told.at_ms, seq, said.actor, said.reason, bytes(policy), said.approved_by)
        self.shelf.put("policy", newest_first(seq), line)

    def _reckon(self, account_ids: list[str]) -> None:
        self.accounts.reckon(self.book, self.partition.context, self.partition.chain.epoch, account_ids)

    def reckon(self) -> None:
        """Bring the accounts that were touched up to date."""
        self._reckon(list(self.accounts.pending))

    def changes(self) -> list[tuple[bytes, bytes | None]]:
        """Return everything to be written in one batch: lines, the core's rows, and the place in the ledger."""
        self.reckon()
        self.book.next_record()
        fold_dues(self.shelf, self.rows, self.book)
        self.shelf.put("state", b"", self.state)
        return [*self.partition.changes(), *self.shelf.changes()]

    def written(self) -> None:
        """Say that `changes` are stored."""
        self.book.written()
        self.shelf.written()

    def commit(self) -> None:
        """Write all changes to the rows in one batch."""
        self.rows.write(self.changes())
        self.written()
