"""On which line of a TOML text each value is, so that an error can be shown where it was written.

The text is known to be TOML; this looks at its structure only.
"""

from __future__ import annotations

import re
from collections import Counter

Path = tuple[str | int, ...]

_SKIPPED = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_KEY = re.compile(r"""[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'""")
_TEXT = re.compile(r'''"""(?s:.)*?(?<!\\)"{3,5}|\'\'\'(?s:.)*?\'{3,5}|"(?:[^"\\\n]|\\.)*"|'[^'\n]*\'''')
_PLAIN = re.compile(r"[^,\]}#\n]*")
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+)\]")


def line_of(text: str, path: str) -> int | None:
    """Return the line, from 1 on, of a path such as `$.overrides[1].checks`, or of what is nearest above it.

    >>> line_of('name = "x"\\n[checks]\\nlimit_missing = "warn"', "$.checks.limit_missing")
    3
    """
    found = lines_by_path(text)
    steps: Path = tuple(name or int(number) for name, number in _STEP.findall(path))
    while steps:
        if steps in found:
            return found[steps]
        steps = steps[:-1]
    return None


def lines_by_path(text: str) -> dict[Path, int]:
    """Return the line of every key, table and array item, by its path."""
    return _Scan(text).lines


class _Scan:
    """One pass over a text: `at` moves on, `lines` fills."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[Path, int] = {}
        self._tables: Counter[Path] = Counter()
        self._arrays: set[Path] = set()
        table: Path = ()
        self._skip()
        while self.at < len(text):
            before = self.at
            if self._next("[["):
                table = self._item_of(self._keys())
                self._next("]]")
            elif self._next("["):
                table = self._inside(self._keys())
                self.lines.setdefault(table, self._line(before))
                self._next("]")
            else:
                self._pair(table)
            self._skip()
            if self.at == before:
                return

    def _item_of(self, keys: Path) -> Path:
        array = (*self._inside(keys[:-1]), keys[-1])
        self._arrays.add(array)
        item = (*array, self._tables[array])
        self._tables[array] += 1
        self.lines.setdefault(array, self._line(self.at))
        self.lines[item] = self._line(self.at)
        return item

    def _inside(self, keys: Path) -> Path:
        """A table below an array of tables belongs to its last item."""
        path: Path = ()
        for key in keys:
            path = (*path, key)
            if path in self._arrays:
                path = (*path, self._tables[path] - 1)
        return path

    def _pair(self, table: Path) -> None:
        start = self.at
        keys = self._keys()
        for count in range(1, len(keys) + 1):
            self.lines.setdefault((*table, *keys[:count]), self._line(start))
        self._next("=")
        self._value((*table, *keys))

    def _value(self, path: Path) -> None:
        self._skip()
        self.lines.setdefault(path, self._line(self.at))
        if self._next("["):
            number = 0
            while self.at < len(self.text) and not self._next("]"):
                self._value((*path, number))
                number += self._next(",")
        elif self._next("{"):
            while self.at < len(self.text) and not self._next("}"):
                self._pair(path)
                self._next(",")
        else:
            found = _TEXT.match(self.text, self.at) or _PLAIN.match(self.text, self.at)
            self.at = found.end() if found else self.at + 1

    def _keys(self) -> Path:
        keys: list[str | int] = []
        while True:
            self._skip()
            found = _KEY.match(self.text, self.at)
            if found is None:
                self.at += 1
                return tuple(keys)
            keys.append(found[0].strip("\"'"))
            self.at = found.end()
            if not self._next("."):
                return tuple(keys)

    def _next(self, expected: str) -> bool:
        self._skip()
        is_next = self.text.startswith(expected, self.at)
        self.at += len(expected) * is_next
        return is_next

    def _skip(self) -> None:
        found = _SKIPPED.match(self.text, self.at)
        self.at = found.end() if found else self.at

    def _line(self, at: int) -> int:
        return self.text.count("\n", 0, at) + 1
