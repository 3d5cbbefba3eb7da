"""What a feed client asks for in its first message."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from schemas.decisions import Level

FeedTopic = Literal["alerts", "decisions", "exposures"]
MESSAGE_MAX_BYTES = 64 * 1024
"""Largest message that a client may send."""


class SubscriptionInvalid(Exception):
    """A first message that is none; the message says what was expected."""


class Filter(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Which events of the subscribed topics to send; what is left out does not restrict.

    `levels` concerns alerts, the only events that have one; an exposure's type is `exposure_changed`.
    """

    account_ids: frozenset[str] | None = None
    levels: frozenset[Level] | None = None
    types: frozenset[str] | None = None
    partitions: frozenset[int] | None = None

    def matches(self, account_id: str | None, level: str | None, event_type: str, partition: int) -> bool:
        """Return whether an event is wanted."""
        return (
            (self.account_ids is None or account_id in self.account_ids)
            and (self.levels is None or level is None or level in self.levels)
            and (self.types is None or event_type in self.types)
            and (self.partitions is None or partition in self.partitions)
        )


class Subscription(Struct, frozen=True, forbid_unknown_fields=True):
    """The first message: topics, filter, and the cursor of the last event the client has."""

    subscribe: Annotated[frozenset[FeedTopic], Meta(min_length=1)]
    filter: Filter = Filter()
    after: str | None = None


_decoder = msgspec.json.Decoder(Subscription)


def parse_subscription(message: str | bytes) -> Subscription:
    """Return what the client asks for.

    Raises:
        SubscriptionInvalid: it is not JSON, has an unknown topic, level or filter, or asks for nothing.

    >>> parse_subscription('{"subscribe": ["alerts"], "filter": {"colour": "red"}}')
    Traceback (most recent call last):
    api.subscription.SubscriptionInvalid: Object contains unknown field `colour` - at `$.filter`
    """
    try:
        return _decoder.decode(message)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SubscriptionInvalid(str(error)) from error
