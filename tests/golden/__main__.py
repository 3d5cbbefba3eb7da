"""`python -m tests.golden` adds the golden ledger of this core version; one that exists is never overwritten."""

from __future__ import annotations

import sys
from pathlib import Path

from schemas.ledger import CORE
from tests.golden.story import tell


def main() -> int:
    """Write the ledger of the story, one record a line."""
    path = Path(__file__).with_name(f"core-{CORE}.jsonl")
    if path.exists():
        print(f"{path.name} exists: a changed rule is a new core version", file=sys.stderr)
        return 1
    path.write_bytes(b"".join(outcome.value + b"\n" for outcome in tell().ledger))
    print(f"wrote {path.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
