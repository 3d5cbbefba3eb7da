"""What every fact has in common."""

from __future__ import annotations

from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from schemas.money import SignedMinor

Id = Annotated[str, Meta(min_length=1, max_length=200)]
Text = Annotated[str, Meta(max_length=4000)]
Number = Annotated[int, Meta(ge=-(10**9), le=10**9)]
"""A number that is no money: small enough for every reader and every row."""
Revision = Annotated[int, Meta(ge=1, le=2**31)]


class Fact(Struct, frozen=True, kw_only=True, tag_field="type", gc=False, omit_defaults=True):
    """Something the world told us about one account.

    `document` names the kind of document that a fact is the identity of and the field with its id; None for
    facts that need a `ce_id` to be told apart. `acted_on` is False for facts that are accepted and kept in the
    ledger while nothing follows from them yet.
    """

    document: ClassVar[tuple[str, str] | None] = None
    acted_on: ClassVar[bool] = True

    account_id: Id


class MoneyFact(Fact, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """A fact with an amount, and the optional fields that reports group by."""

    customer_id: Id | None = None
    seller_id: Id | None = None
    segment: Id | None = None
    document_no: Id | None = None
    tax_minor: SignedMinor | None = None
    salesperson_id: Id | None = None


class DeskFact(Fact, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """What a person decided; who and why are never optional."""

    actor: Id
    reason: Text
