"""Children are started again after pauses that grow while they keep failing, and ended in order."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from streams import supervision
from streams.supervision import RESTART_AFTER_S, STEADY_S, Child, ChildFailed, Supervisor

ENDS = [sys.executable, "-c", "raise SystemExit(3)"]
STAYS = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time that the supervisor sees."""
    moment = [100.0]
    monkeypatch.setattr(supervision.time, "monotonic", lambda: moment[0])
    return moment


def _run(child: Child, arguments: list[str], started_at: float = 100.0) -> None:
    child.process = subprocess.Popen(arguments)
    child.started_at = started_at
    if arguments is ENDS:
        child.process.wait()


def _child(name: str = "worker") -> Child:
    return Child(name, ["worker"], "http://127.0.0.1:1/ready")


def test_pauses_grow_while_a_child_keeps_failing_and_shrink_after_it_was_steady(now: list[float]) -> None:
    told: list[str] = []
    supervisor, child = Supervisor(Path("logs"), told.append), _child()
    supervisor.children.append(child)
    pauses = []
    for lived_s in [1.0] * len(RESTART_AFTER_S) + [STEADY_S + 1]:
        _run(child, ENDS, started_at=now[0] - lived_s)
        child.restart_at = None
        supervisor.look()
        assert child.restart_at is not None
        pauses.append(child.restart_at - now[0])
    assert pauses == pytest.approx([*RESTART_AFTER_S, RESTART_AFTER_S[0]])
    assert "worker ended with code 3" in told[0]


def test_a_child_is_restarted_when_its_pause_is_over_and_not_before(
    now: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Child] = []
    monkeypatch.setattr(Supervisor, "start", lambda _, child: started.append(child))
    supervisor, child = Supervisor(Path("logs"), lambda _: None), _child()
    supervisor.children.append(child)
    child.restart_at = now[0] + 2
    supervisor.look()
    assert started == []
    now[0] += 2
    supervisor.look()
    assert started == [child]


def test_a_child_that_ends_before_it_is_ready_is_an_error_that_names_its_log() -> None:
    supervisor, child = Supervisor(Path("logs"), lambda _: None), _child("api")
    supervisor.children.append(child)
    _run(child, ENDS)
    with pytest.raises(ChildFailed, match=r"expected api to run, it ended; see logs/api\.log"):
        supervisor.wait_ready(5, lambda _: False)


def test_being_told_to_stop_ends_the_waiting() -> None:
    supervisor, child = Supervisor(Path("logs"), lambda _: None), _child()
    supervisor.children.append(child)
    _run(child, STAYS)
    try:
        assert not supervisor.wait_ready(5, lambda _: True)
    finally:
        supervisor.stop()
    assert child.process is not None
    assert child.process.returncode == -15


def test_children_are_ended_last_started_first(monkeypatch: pytest.MonkeyPatch) -> None:
    supervisor = Supervisor(Path("logs"), lambda _: None)
    children = [_child(name) for name in ("broker", "worker", "api")]
    told: list[int] = []
    send = subprocess.Popen.send_signal
    monkeypatch.setattr(
        subprocess.Popen, "send_signal", lambda process, number: (told.append(process.pid), send(process, number))
    )
    for child in children:
        supervisor.children.append(child)
        _run(child, STAYS)
    supervisor.stop()
    assert told == [child.process.pid for child in reversed(children) if child.process is not None]
    assert all(child.process is not None and child.process.returncode == -15 for child in children)
