"""What commands show to the api: a key that `obligor serve` leaves for those of its machine, or one that is named."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

from api.access.admission import is_loopback
from api.access.gate import Access
from api.access.oidc import Provider
from api.access.store import Store

DIRECTORY = "access"
STORE_NAME = "access.db"
_KEY_NAME = "this-machine"
_VARIABLE = "OBLIGOR_KEY"


def open_access(data: Path, path: Path | None = None, names: str = "", provider: Provider | None = None) -> Access:
    """Return what knows the callers, from the file of these settings; `names` are separated by commas."""
    called = [name.strip() for name in names.split(",") if name.strip()]
    return Access(Store(path or data / DIRECTORY / STORE_NAME), names=called, provider=provider)


def leave_key(access: Access, data: Path) -> None:
    """Leave a key that may read everything and change nothing to whoever can read the data directory's files."""
    path = _path(data)
    if path.exists() and access.keys.caller(path.read_text()) is not None:
        return
    access.keys.remove(_KEY_NAME)
    _, text = access.keys.add(_KEY_NAME, ("auditor",))
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    written = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(written, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    written.replace(path)


def find_key(data: Path, url: str) -> str | None:
    """Return the key to show: the one in OBLIGOR_KEY, else the one left in the data directory, else None.

    The one left is for this machine and goes to no other.
    """
    named = os.environ.get(_VARIABLE)
    if named or not is_loopback(urlsplit(url).hostname or ""):
        return named
    try:
        return _path(data).read_text()
    except OSError:
        return None


def authorization(data: Path, url: str) -> dict[str, str]:
    """Return the header that says who asks; none where no key is known for an address."""
    key = find_key(data, url)
    return {} if key is None else {"Authorization": f"Bearer {key}"}


def _path(data: Path) -> Path:
    return data / DIRECTORY / "this-machine.key"
