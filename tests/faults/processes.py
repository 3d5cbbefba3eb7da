"""Worker processes that a campaign kills, pauses and starts again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

from streams.settings import Settings

_OBLIGOR = Path(sys.executable).with_name("obligor")


def environment(settings: Settings, **more: str) -> dict[str, str]:
    """The environment in which every command finds this cluster."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OBLIGOR_")}
    return kept | {
        "OBLIGOR_BROKERS": settings.brokers,
        "OBLIGOR_TOPIC_PREFIX": settings.topic_prefix,
        "OBLIGOR_PARTITIONS": str(settings.partitions),
        "OBLIGOR_GROUP_ID": settings.group_id,
        "OBLIGOR_DATA": str(settings.data),
        "OBLIGOR_SESSION_TIMEOUT_MS": str(settings.session_timeout_ms),
        "OBLIGOR_CHECKPOINT_EVERY": str(settings.checkpoint_every),
        "OBLIGOR_STATE_EVERY_MS": str(settings.state_every_ms),
        **more,
    }


class WorkerProcess:
    """One `obligor worker`, started again as often as wanted; its output goes to one file."""

    def __init__(self, settings: Settings, log_file: Path) -> None:
        self.settings = settings
        self.log_file = log_file
        self.is_paused = False
        self._process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] | None = None
        self._log_start = 0

    def start(self, **more: str) -> WorkerProcess:
        """Start it; `more` are further environment variables."""
        self._log_start = self.log_file.stat().st_size if self.log_file.exists() else 0
        self._log = self.log_file.open("ab")
        self._process = subprocess.Popen(
            [str(_OBLIGOR), "worker", "--no-clock"],
            env=environment(self.settings, **more),
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        return self

    @property
    def running(self) -> bool:
        """Whether the process is there, paused or not."""
        return self._process is not None and self._process.poll() is None

    @property
    def has_begun(self) -> bool:
        """Whether it said since its last start that it runs: from then on it ends in order when it is told to."""
        return b"worker runs" in self.log_since_start()

    def log_since_start(self) -> bytes:
        """What it wrote since its last start."""
        with self.log_file.open("rb") as log:
            log.seek(self._log_start)
            return log.read()

    @property
    def exit_code(self) -> int | None:
        """What it ended with, None while it runs."""
        return None if self._process is None else self._process.poll()

    def kill(self) -> None:
        """End it with SIGKILL."""
        self._signal(signal.SIGKILL)
        self._wait(20)
        self.is_paused = False

    def pause(self) -> None:
        """Stop it where it is."""
        self._signal(signal.SIGSTOP)
        self.is_paused = True

    def wake(self) -> None:
        """Let it go on as if no time had passed."""
        self._signal(signal.SIGCONT)
        self.is_paused = False

    def stop(self, seconds: float = 40) -> int:
        """End it with SIGTERM and return its exit code; past the time it is killed."""
        self._signal(signal.SIGTERM)
        try:
            return self._wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            return -signal.SIGKILL

    def wait_for_exit(self, seconds: float) -> int:
        """Wait until it ends by itself and return its exit code."""
        return self._wait(seconds)

    def tail(self, lines: int = 40) -> str:
        """The last lines it wrote."""
        text = self.log_file.read_text(errors="replace") if self.log_file.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    def _signal(self, number: int) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    def _wait(self, seconds: float) -> int:
        if self._process is None:
            return 0
        code = self._process.wait(seconds)
        if self._log is not None:
            self._log.close()
            self._log = None
        return code


class Deadline:
    """A time by which something must have happened."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds
        self.seconds = seconds

    @property
    def passed(self) -> bool:
        """Whether it is too late."""
        return time.monotonic() >= self._until

    @property
    def left(self) -> float:
        """Seconds that are left, never below 0."""
        return max(0.0, self._until - time.monotonic())
