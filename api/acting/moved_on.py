"""Whether an account moved on, since a person looked, in a way that makes their command doubtful."""

from __future__ import annotations

import re

from api.acting.catalogue import MATTERS, Command
from api.acting.outcomes import Outcomes
from api.answers.acting import LedgerPlace

_VERSION = re.compile(r'^(?:W/)?"?(\d{1,9})-(\d{1,18})"?$')


class VersionInvalid(ValueError):
    """A version that is none; the text says what was expected."""


def read_version(header: str | None) -> LedgerPlace | None:
    """Return the place in the ledger that a header `If-Match` names, None where anything will do.

    Raises:
        VersionInvalid: it is no version of an account.

    >>> read_version('"3-17"')
    LedgerPlace(partition=3, seq=17)
    """
    if header is None or header.strip() == "*":
        return None
    found = _VERSION.match(header.strip())
    if found is None:
        raise VersionInvalid(f'expected the version of an account, such as "3-17", received {header[:100]!r}')
    return LedgerPlace(int(found[1]), int(found[2]))


def what_moved_on(outcomes: Outcomes, command: Command, seen: LedgerPlace | None) -> str | None:
    """Return why a command is doubtful, in a sentence, or None.

    This process may be a moment behind the ledger. Where that matters, the fact itself names what was seen
    (`seen_decision_no`, `seen_level`), and the core holds it against what is there when its turn comes.
    """
    if seen is None or command.account_id is None or command.type not in MATTERS:
        return None
    changes = outcomes.changes_since(command.account_id, seen)
    if changes is None:
        return f"expected a version of account {command.account_id!r} that is not long past, received {_text(seen)}"
    kinds, field = MATTERS[command.type]
    found = [change for change in changes if change.type in kinds]
    if field is not None:
        found = [change for change in found if change.subject == command.subject]
    if not found:
        return None
    last = found[-1]
    subject = "" if last.subject is None else f" of {last.subject}"
    return f"expected nothing to have changed since {_text(seen)}, found {last.type}{subject} at seq {last.seq}"


def _text(place: LedgerPlace) -> str:
    return f"{place.partition}-{place.seq}"
