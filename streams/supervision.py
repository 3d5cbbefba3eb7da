"""The processes of one machine: started, watched, restarted when they fail, and ended in order."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

RESTART_AFTER_S = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Pauses before the first, second, ... restart of a process that keeps failing."""
STEADY_S = 60.0
"""A process that ran so long before it failed is restarted as if it had never failed."""
END_S = 20.0
_DEATH_SIGNAL_OPTION = 1


@dataclass
class Child:
    """A process of ours: its name, its command line, and the address that answers when it is ready."""

    name: str
    arguments: Sequence[str]
    ready_url: str
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    failures: int = 0
    restart_at: float | None = None


class ChildFailed(RuntimeError):
    """A process ended before it was ready; the text says where its log is."""


class Supervisor:
    """Runs children with their output in log files.

    Args:
        logs: directory of the log files, one a child.
        tell: told, in words, when a child failed and is restarted.
    """

    def __init__(self, logs: Path, tell: Callable[[str], None]) -> None:
        self._logs = logs
        self._tell = tell
        self.children: list[Child] = []

    def start(self, child: Child) -> None:
        """Start a child in a session of its own, so that Ctrl-C reaches it only through us."""
        self._logs.mkdir(parents=True, exist_ok=True)
        with (self._logs / f"{child.name}.log").open("ab") as log:
            child.process = subprocess.Popen(
                [sys.executable, "-m", "api.cli", *child.arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **child.environment},
                start_new_session=True,
                preexec_fn=_die_with_parent if sys.platform == "linux" else None,
            )
        child.started_at = time.monotonic()
        child.restart_at = None
        if child not in self.children:
            self.children.append(child)

    def wait_ready(self, seconds: float, is_stopped: Callable[[float], bool]) -> bool:
        """Wait until all children answer that they are ready; False if told to stop before.

        Raises:
            ChildFailed: one ended, or they are not ready in time.
        """
        until = time.monotonic() + seconds
        waiting = list(self.children)
        while waiting:
            ended = next((child for child in waiting if child.process and child.process.poll() is not None), None)
            if ended is not None:
                raise ChildFailed(f"expected {ended.name} to run, it ended; see {self._logs / ended.name}.log")
            if time.monotonic() > until:
                names = ", ".join(child.name for child in waiting)
                raise ChildFailed(f"expected {names} to be ready within {seconds:.0f} s; see {self._logs}")
            waiting = [child for child in waiting if not is_ready(child.ready_url)]
            if waiting and is_stopped(0.1):
                return False
        return True

    def look(self) -> None:
        """Restart what has failed, after a pause that grows while it keeps failing."""
        now = time.monotonic()
        for child in self.children:
            if child.restart_at is not None:
                if now >= child.restart_at:
                    self.start(child)
            elif child.process is not None and child.process.poll() is not None:
                self._plan_restart(child, now)

    def _plan_restart(self, child: Child, now: float) -> None:
        assert child.process is not None, f"{child.name} was never started"
        if now - child.started_at > STEADY_S:
            child.failures = 0
        pause = RESTART_AFTER_S[min(child.failures, len(RESTART_AFTER_S) - 1)]
        child.failures += 1
        child.restart_at = now + pause
        log = self._logs / f"{child.name}.log"
        self._tell(f"{child.name} ended with code {child.process.returncode}, restarts in {pause:g} s; see {log}")

    def stop(self) -> None:
        """End all children, the last started first, and wait for them."""
        for child in reversed(self.children):
            if child.process is not None and child.process.poll() is None:
                child.process.send_signal(signal.SIGTERM)
        until = time.monotonic() + END_S
        for child in reversed(self.children):
            if child.process is None:
                continue
            try:
                child.process.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()


def is_ready(url: str) -> bool:
    """Return whether an address answers with success."""
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except (OSError, urllib.error.HTTPError):
        return False


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_DEATH_SIGNAL_OPTION, signal.SIGTERM)
