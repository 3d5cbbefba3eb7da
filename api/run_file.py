"""`run.json` in the data directory: where the parts of a running `obligor up` answer."""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec import Struct

DEFAULT_URL = "http://127.0.0.1:8400"
NAME = "run.json"


class WorkerAddress(Struct, frozen=True):
    """One worker or learner process; it answers `/ready`, `/live` and `/metrics` on its port of this machine."""

    pid: int
    metrics_port: int


class Run(Struct, frozen=True):
    """What `obligor up` started; `brokers` are addresses separated by commas."""

    api: str | None = None
    brokers: str = ""
    workers: tuple[WorkerAddress, ...] = ()
    learner: WorkerAddress | None = None


class RunFileInvalid(Exception):
    """The file is there and is not what `obligor up` writes."""


def read_run(data: Path) -> Run | None:
    """Return what runs over a data directory, or None if nothing says so.

    Raises:
        RunFileInvalid: it cannot be read.
    """
    path = data / NAME
    try:
        return msgspec.json.decode(path.read_bytes(), type=Run)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as error:
        raise RunFileInvalid(f"expected {path} as written by obligor up, found: {error}") from error


def write_run(data: Path, run: Run) -> None:
    """Say what runs; readers find the old file or the new one, never a part."""
    data.mkdir(parents=True, exist_ok=True)
    written = data / f"{NAME}.new"
    written.write_bytes(msgspec.json.encode(run))
    written.replace(data / NAME)


def api_address(data: Path) -> str:
    """Return where the api of `obligor up` over a data directory answers, or where it would by default.

    Raises:
        RunFileInvalid: the file is there and cannot be read.
    """
    run = read_run(data)
    return run.api if run is not None and run.api else DEFAULT_URL
