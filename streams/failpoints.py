"""Places where a test may let a worker die: `OBLIGOR_FAILPOINT=after_append:3` ends it there the third time."""

from __future__ import annotations

import os
from typing import Final, Literal, get_args

Name = Literal[
    "before_append",
    "after_append",
    "before_offset_check",
    "after_offset_check",
    "before_write",
    "after_write",
    "before_publish",
    "after_publish",
    "before_ack",
    "in_sweep",
    "in_copy",
    "in_open",
]
NAMES: Final[tuple[str, ...]] = get_args(Name)
EXIT_CODE = 137
"""What a process killed by SIGKILL ends with."""


def _wanted(setting: str) -> tuple[str, int]:
    name, _, count = setting.partition(":")
    if name and name not in NAMES:
        raise ValueError(f"OBLIGOR_FAILPOINT must be one of {', '.join(NAMES)}, was {name!r}")
    return name, int(count or 1)


_name, _left = _wanted(os.environ.get("OBLIGOR_FAILPOINT", ""))


def reach(name: Name) -> None:
    """End the process at once, without any clean-up, if this is the place and the count asked for."""
    global _left
    if name != _name:
        return
    _left -= 1
    if _left == 0:
        os._exit(EXIT_CODE)
