"""The dossier: reading it, and what each fact about who the account is does to it."""

from __future__ import annotations

from typing import cast

from projections.book import Book
from projections.dossier_rows import Dossier

KIND = "dossier"


def dossier_of(book: Book, account_id: str) -> Dossier | None:
    """Return an account's dossier, or None if nothing was ever said for it; to be read, not changed."""
    return cast("Dossier | None", book.document(KIND, account_id, ""))
