"""The book of one partition: rows and indexes as the steps of a round see and change them."""

from __future__ import annotations

from typing import Any, TypeVar, cast

from projections.index import OrderedIndex
from projections.rows import (
    ACCOUNT,
    INDEX_DATES,
    KIND_LETTERS,
    SEPARATOR,
    SHEETS,
    Account,
    Document,
    Sheet,
    account_key,
    decode_account,
    decode_document,
    encode_row,
)
from projections.store import Rows

Key = TypeVar("Key")
Value = TypeVar("Value")

CACHED_ROWS = 100_000
CACHED_INDEXES = 20_000
_UNKNOWN = object()
_NONE: dict[bytes, bytes | None] = {}


class Book:
    """Accounts and documents, decoded once, written together by whoever drives the steps.

    A row that a step changed must be handed to `touch` in the same step.
    """

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self._accounts: dict[str, Account] = {}
        self._documents: dict[str, Any] = {}
        self._indexes: dict[bytes, OrderedIndex] = {}
        self._dirty_accounts: dict[str, Account] = {}
        self._dirty: dict[str, Document | Sheet] = {}
        self._plain: dict[bytes, bytes | None] = {}
        self._changed_indexes: set[OrderedIndex] = set()
        self._changes_unread: dict[bytes, dict[bytes, bytes | None]] = {}
        self.dates_noted: set[bytes] = set()
        self.registrations: dict[str, tuple[Any, tuple[str, ...]]] = {}

    def account(self, account_id: str) -> Account | None:
        """Return an account's summary, or None if no fact named it yet."""
        found = self._accounts.get(account_id)
        if found is None:
            stored = self.rows.get(account_key(account_id))
            if stored is None:
                return None
            found = self._accounts[account_id] = decode_account(stored)
        return found

    def touch_account(self, account: Account) -> None:
        """Note that a summary is new or changed."""
        self._accounts[account.account_id] = self._dirty_accounts[account.account_id] = account

    def document(self, kind: str, account_id: str, key: str) -> Document | None:
        """Return a document by its key within the account, or None."""
        place = f"{KIND_LETTERS[kind]}{account_id}\x00{key}"
        found = self._documents.get(place, _UNKNOWN)
        if found is _UNKNOWN:
            stored = self.rows.get(place.encode())
            found = None if stored is None else decode_document(kind, stored)
            self._documents[place] = found
        return found  # type: ignore[no-any-return]

    def touch(self, kind: str, account_id: str, document: Document) -> None:
        """Note that a document is new or changed."""
        place = f"{KIND_LETTERS[kind]}{account_id}\x00{document.key}"
        self._documents[place] = self._dirty[place] = document

    def sheet(self, kind: str, account_id: str, key: str = "") -> Sheet | None:
        """Return a sheet of an account by its key, or None; not looked for where the summary says there is none.

        An account that its first fact has only just brought has no summary here yet.
        """
        account = self._accounts.get(account_id)
        if account is not None and not account.sheets & SHEETS[kind]:
            return None
        found: Sheet | None = self._documents.get(f"{KIND_LETTERS[kind]}{account_id}\x00{key}")
        return found or cast("Sheet | None", self.document(kind, account_id, key))

    def keep(self, kind: str, account: Account, sheet: Sheet) -> None:
        """Note that a sheet is new or changed."""
        if not account.sheets & SHEETS[kind]:
            account.sheets |= SHEETS[kind]
            self.touch_account(account)
        place = f"{KIND_LETTERS[kind]}{account.account_id}\x00{sheet.key}"
        self._documents[place] = self._dirty[place] = sheet

    def index(self, letter: bytes, owner: str) -> OrderedIndex:
        """Return the index of this kind that belongs to an owner: an account, or an account and currency."""
        prefix = letter + owner.encode() + SEPARATOR
        found = self._indexes.get(prefix)
        if found is None:
            found = self._indexes[prefix] = OrderedIndex(prefix, self.rows)
            for suffix, value in self._changes_unread.pop(prefix, _NONE).items():
                self._change(found, suffix, value)
        return found

    def index_put(self, letter: bytes, owner: str, suffix: bytes, value: bytes = b"") -> None:
        """Add or replace an index entry."""
        self._change_index(letter + owner.encode() + SEPARATOR, suffix, value)

    def index_delete(self, letter: bytes, owner: str, suffix: bytes) -> None:
        """Remove an index entry."""
        self._change_index(letter + owner.encode() + SEPARATOR, suffix, None)

    def _change_index(self, prefix: bytes, suffix: bytes, value: bytes | None) -> None:
        """Most indexes are changed far more often than read: one that nobody has read yet only keeps the changes."""
        self._plain[prefix + suffix] = value
        index = self._indexes.get(prefix)
        if index is not None:
            self._change(index, suffix, value)
        elif prefix in self._changes_unread:
            self._changes_unread[prefix][suffix] = value
        else:
            self._changes_unread[prefix] = {suffix: value}

    def _change(self, index: OrderedIndex, suffix: bytes, value: bytes | None) -> None:
        self._changed_indexes.add(index)
        if value is None:
            index.delete(suffix)
        else:
            index.put(suffix, value)

    def note_date(self, account: Account, on: str) -> None:
        """Remember that something of the account changes by itself once the day after `on` is closed."""
        suffix = b"%s\x00%s" % (on.encode(), account.account_id.encode())
        if suffix not in self.dates_noted:
            self.dates_noted.add(suffix)
            self.index_put(INDEX_DATES, "", suffix)
        if account.next_on is None or on < account.next_on:
            account.next_on = on

    def plain(self, key: bytes) -> bytes | None:
        """Return a row that is neither account nor document."""
        return self._plain[key] if key in self._plain else self.rows.get(key)

    def put_plain(self, key: bytes, value: bytes | None) -> None:
        """Write or delete a row that is neither account nor document."""
        self._plain[key] = value

    def forget_plain(self, start: bytes, end: bytes) -> None:
        """Delete the rows in a range that are neither account nor document, written or not."""
        for key in [key for key in self._plain if start <= key < end]:
            self._plain[key] = None
        for key, _ in list(self.rows.scan(start, end)):
            self._plain[key] = None

    def account_ids(self) -> set[str]:
        """Return the ids of all accounts, written or not."""
        written = {key[1:].decode() for key, _ in self.rows.scan(ACCOUNT, ACCOUNT + b"\xff")}
        return written | self._accounts.keys()

    def changes(self) -> list[tuple[bytes, bytes | None]]:
        """Return everything that changed since `written`."""
        changed: list[tuple[bytes, bytes | None]] = [
            (account_key(account_id), encode_row(account)) for account_id, account in self._dirty_accounts.items()
        ]
        changed += [(place.encode(), encode_row(document)) for place, document in self._dirty.items()]
        changed += self._plain.items()
        return changed

    def written(self) -> None:
        """Say that `changes` are stored; trims what is kept in memory."""
        self._dirty_accounts.clear()
        self._dirty.clear()
        self._plain.clear()
        for index in self._changed_indexes:
            index.forget_written()
        self._changed_indexes.clear()
        self._changes_unread.clear()
        if len(self._documents) > CACHED_ROWS:
            self._documents = _younger_half(self._documents)
        if len(self._accounts) > CACHED_ROWS:
            self._accounts = _younger_half(self._accounts)
        if len(self._indexes) > CACHED_INDEXES:
            self._indexes.clear()
        if len(self.registrations) > CACHED_ROWS:
            self.registrations.clear()
        if len(self.dates_noted) > CACHED_ROWS:
            self.dates_noted.clear()


def _younger_half(cache: dict[Key, Value]) -> dict[Key, Value]:
    items = list(cache.items())
    return dict(items[len(items) // 2 :])
