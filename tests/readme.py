"""Programs that the README shows."""

from __future__ import annotations

import re
from pathlib import Path

_README = Path(__file__).resolve().parents[1] / "README.md"


def readme_example(name: str) -> str:
    """Return a program by the name that stands in the comment before it."""
    text = _README.read_text(encoding="utf-8")
    found = re.search(rf"<!-- example: {name} -->\n```python\n(.*?)```", text, flags=re.S)
    assert found is not None, f"the README has no example {name!r}"
    return found[1]
