"""Whoever makes a request: a person, a program with a key, or anybody on this machine while nobody is set up."""

from __future__ import annotations

from msgspec import Struct

from api.access.permissions import ROLES, roles_with
from schemas.envelope import fits_header

OWN_SOURCES = "obligor/"
"""What sources of Obligor itself begin with: nobody speaks under them."""
SOURCE_MAX = 200


def is_source(source: str) -> bool:
    """Return whether a program may speak under a `ce_source`.

    >>> is_source("https://erp.example/de"), is_source("obligor/api/kim"), is_source("")
    (True, False, False)
    """
    is_text = 0 < len(source) <= SOURCE_MAX and source.isprintable() and fits_header(source)
    return is_text and not source.startswith(OWN_SOURCES)


class Caller(Struct, frozen=True):
    """Who asks, and what they may see and do.

    Args:
        actor: the name that stands in facts and in the access log.
        roles: see `api.access.permissions`.
        scope: the account managers whose accounts are seen and acted on; None is every account.
        permissions: what a key was narrowed to; None is all that the roles give.
        topics: the topics of the feed that a key may read and those it may send to; None is all.
        sources: the `ce_source` that a key may tell facts under; None is any but Obligor's own.
        expires_at_ms: when the session or key ends; None is never.
    """

    actor: str
    roles: frozenset[str]
    scope: frozenset[str] | None = None
    permissions: frozenset[str] | None = None
    topics: frozenset[str] | None = None
    sources: frozenset[str] | None = None
    expires_at_ms: int | None = None

    def may(self, permission: str) -> bool:
        """Return whether one of the roles has a permission and no key narrows it away.

        >>> Caller("m.keller", frozenset({"viewer"})).may("read_accounts")
        True
        >>> Caller("m.keller", frozenset({"viewer"})).may("release_orders")
        False
        """
        granted = self.permissions is None or permission in self.permissions or permission == "have_session"
        return granted and not self.roles.isdisjoint(roles_with(permission))

    def may_use(self, topic: str) -> bool:
        """Return whether a topic, named without prefix and version, is not narrowed away."""
        return self.topics is None or topic in self.topics

    def may_speak_as(self, source: str) -> bool:
        """Return whether a `ce_source` is one of those that a key is bound to."""
        return self.sources is None or source in self.sources

    @property
    def own_source(self) -> str | None:
        """Return the `ce_source` of what does not say any; None where a key has several and none is its name.

        >>> Caller("shop", frozenset(), sources=frozenset({"shop-de"})).own_source
        'shop-de'
        """
        if self.may_speak_as(self.actor):
            return self.actor
        return next(iter(self.sources)) if self.sources is not None and len(self.sources) == 1 else None

    def sees(self, manager: str | None) -> bool:
        """Return whether accounts of an account manager are in scope; None is an account that has none.

        >>> Caller("l.wei", frozenset({"viewer"}), scope=frozenset({"l.wei"})).sees(None)
        False
        """
        return self.scope is None or manager in self.scope


LOCAL = Caller("local", frozenset(ROLES))
"""Whoever sits at this machine, while nobody is set up."""
