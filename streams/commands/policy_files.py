"""Policy files: reading one, and telling a person or a program what is wrong with it and where."""

from __future__ import annotations

import tomllib
from pathlib import Path

import msgspec
from msgspec import Struct
from rich.console import Console
from rich.text import Text

from schemas.policy import Policy, PolicyInvalid, read_policy
from schemas.toml_lines import line_of


class Wrong(Struct, frozen=True):
    """One error of a policy file; `line` is None where the file does not show it, or is JSON."""

    path: str
    message: str
    line: int | None = None


class FileInvalid(Exception):
    """A file is no policy; `errors` has everything that is wrong."""

    def __init__(self, file: Path, errors: list[Wrong]) -> None:
        super().__init__(f"{file}: {len(errors)} errors")
        self.file = file
        self.errors = errors


def read_file(file: Path) -> Policy:
    """Return the policy in a TOML file, or in a `.json` one.

    Raises:
        FileInvalid: it is no policy.
        OSError: it cannot be read.
    """
    raw = file.read_bytes()
    is_json = file.suffix == ".json"
    try:
        text = raw.decode("utf-8").replace("\r\n", "\n")
        document = msgspec.json.decode(raw) if is_json else tomllib.loads(text)
        if not isinstance(document, dict):
            raise FileInvalid(file, [Wrong("$", "expected an object, which a policy is")])
        return read_policy(document)
    except (UnicodeDecodeError, msgspec.DecodeError, tomllib.TOMLDecodeError) as error:
        raise FileInvalid(file, [_unreadable(error)]) from error
    except PolicyInvalid as invalid:
        errors = [
            Wrong(error.path, error.message, None if is_json else line_of(text, error.path)) for error in invalid.errors
        ]
        raise FileInvalid(file, sorted(errors, key=lambda wrong: wrong.line or 0)) from invalid


def _unreadable(error: Exception) -> Wrong:
    text = str(error)
    line = text.partition("at line ")[2].partition(",")[0]
    kind = "JSON" if isinstance(error, msgspec.DecodeError) else "TOML in UTF-8"
    return Wrong("$", f"expected {kind}, received: {text}", int(line) if line.isdigit() else None)


def print_errors(console: Console, invalid: FileInvalid) -> None:
    """Print every error as `FILE:LINE  path  message`, which editors and terminals can follow."""
    for wrong in invalid.errors:
        place = f"{invalid.file}:{wrong.line}" if wrong.line else str(invalid.file)
        console.print(Text.assemble((place, "bold"), "  ", (wrong.path, "cyan"), f"  {wrong.message}"), soft_wrap=True)
    count = len(invalid.errors)
    console.print(f"[red]{count} {'error' if count == 1 else 'errors'}[/]; the policy cannot be adopted")
