"""An api process as it is run: told apart from the test by a port."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

import httpx

from streams.settings import Settings
from tests.faults.processes import environment
from tests.faults.progress import Stuck, wait_until

_URL = re.compile(r"^http://\S+$", re.M)


class ApiProcess:
    """One `obligor serve` on a free port; a context that ends it."""

    def __init__(self, settings: Settings, log_file: Path, *options: str, **more: str) -> None:
        self.settings = settings
        self._log_file = log_file
        self._options = options
        self._more = more
        self._process: subprocess.Popen[bytes] | None = None
        self.url = ""

    def __enter__(self) -> Self:
        with self._log_file.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "api.cli", "serve", "--port", "0", "--trust-this-machine", *self._options],
                env=environment(self.settings, PYTHONUNBUFFERED="1", **self._more),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        wait_until("the api to be ready", self._is_ready, 60, self._check)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: Any) -> None:
        if kind is not None:
            print(self._log_file.read_text()[-4_000:])
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)

    @property
    def pid(self) -> int:
        """The running process."""
        assert self._process is not None, "the api was not started"
        return self._process.pid

    def client(self, **more: Any) -> httpx.Client:
        """Return a client of this process."""
        return httpx.Client(base_url=self.url, timeout=30, **more)

    def _check(self) -> None:
        if self._process is not None and self._process.poll() is not None:
            raise Stuck(f"expected the api to run, it ended with {self._process.returncode}")

    def _is_ready(self) -> bool:
        found = _URL.search(self._log_file.read_text())
        if found is None:
            return False
        self.url = found[0]
        return httpx.get(f"{self.url}/v1/health/ready").status_code == 200
