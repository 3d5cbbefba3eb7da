"""Identity of documents: which fact is a repeat, a correction, or a contradiction."""

from __future__ import annotations

from typing import Literal

from projections.recording import Recording, revision_of
from projections.rows import Document, Mark, Versions
from schemas.facts import Fact
from schemas.facts.desk import ApprovalRequested
from schemas.facts.invoices import InvoiceAmended
from schemas.facts.orders import OrderAmended
from schemas.reasons import Refusal

Verdict = Literal["new", "correction", "repeat"] | Refusal


def judge_version(versions: Versions | None, revision: int, digest: bytes) -> Verdict:
    """Return what a fact with this revision and content is to a document of which these versions were seen.

    >>> judge_version(Versions({1: b"a"}, 1), 1, b"b")
    'exists_with_different_content'
    """
    if versions is None:
        return "new"
    seen = versions.seen.get(revision)
    if seen is not None:
        return "repeat" if seen == digest else "exists_with_different_content"
    return "correction" if revision > versions.latest else "revision_is_superseded"


def note_version(versions: Versions, revision: int, digest: bytes) -> None:
    """Remember that a revision was seen."""
    versions.seen[revision] = digest
    versions.latest = max(versions.latest, revision)


def verdict_on(recording: Recording, fact: Fact) -> Verdict | None:
    """Return what a fact is to the document that it is the identity of; None for facts without a document."""
    if fact.document is None:
        return _verdict_on_revision(recording, fact)
    kind, id_field = fact.document
    seller_id = getattr(fact, "seller_id", None)
    document_id: str = getattr(fact, id_field)
    # An amendment may come from another system than the document, and the id of a request is one for the account,
    # so that nobody approves another than they mean; all else is its own source's.
    find = recording.find if type(fact) in _REFERRING else recording.find_own
    found = find(kind, document_id, seller_id)
    return judge_version(None if found is None else found.versions, revision_of(fact), recording.digest(fact))


def _verdict_on_revision(recording: Recording, fact: Fact) -> Verdict | None:
    """An order's cancellation, closing or reopening may carry the order's next revision as its identity."""
    revision = getattr(fact, "revision", None)
    if revision is None:
        return None
    found = recording.find("order", fact.order_id, fact.seller_id)  # type: ignore[attr-defined]
    if found is None:
        return "new"
    return judge_version(found.versions, revision, recording.digest(fact))


_REFERRING = (OrderAmended, InvoiceAmended, ApprovalRequested)


def mark(recording: Recording, fact: Fact, about: list[str] | None = None, *, done: bool = False) -> Mark:
    """Keep the identity of a document of which nothing else is needed, and return its row."""
    assert fact.document is not None, f"{type(fact).__name__} has no document"
    kind, id_field = fact.document
    seller_id = getattr(fact, "seller_id", None)
    document_id: str = getattr(fact, id_field)
    found: Document | None = recording.find_own(kind, document_id, seller_id)
    if found is None:
        key = recording.new_key(kind, document_id, seller_id)
        found = Mark(key, recording.envelope.ce_source, seller_id, recording.first_version(fact), done, about or [])
    else:
        note_version(found.versions, revision_of(fact), recording.digest(fact))
    assert isinstance(found, Mark), f"{kind} {document_id!r} is kept as {type(found).__name__}"
    recording.touch(kind, found)
    return found
