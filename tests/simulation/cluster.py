"""One run: a workload, workers that die, sleep and forget, a group that deals partitions out, and calm at the end."""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from random import Random
from types import ModuleType
from typing import Any

import structlog

from streams import copies, failpoints, holdings, ledger, metrics, opening, publisher, rounds, seat
from tests.simulation.disks import Disk, Rows, VirtualStates, no_checkpoints, rows_of
from tests.simulation.log import VirtualLog
from tests.simulation.loop import Crash, VirtualLoop, running_process
from tests.simulation.node import At, Node
from tests.simulation.options import Options
from tests.simulation.workload import Sent, World

CALM_S = 400.0
REACHING = (copies, ledger, opening, publisher, rounds)


@dataclass
class Ended:
    """What a run leaves behind."""

    options: Options
    log: VirtualLog
    rows: dict[int, Rows] = field(default_factory=dict)
    findings: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)


class Cluster:
    """The hosts and workers of a run, and everything that happens to them."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self._rng = Random(f"cluster/{options.seed}")
        self._loop = VirtualLoop(Random(f"loop/{options.seed}"))
        self.log = VirtualLog(self._loop, Random(f"network/{options.seed}"))
        self._disks = [Disk() for _ in range(options.hosts)]
        self._checkpoints = no_checkpoints()
        self._committed: dict[At, int] = {}
        self._nodes: dict[int, Node] = {}
        self._left = 0
        self._is_calm = not options.has_faults
        self.counts = dict.fromkeys(["facts", "crashes", "pauses", "rebalances", "states_lost"], 0)

    def run(self) -> Ended:
        """Run to the end, and return what is there then."""
        with _in_place_of_the_real(self):
            self._produce(World(self.options).make())
            for host in range(self.options.hosts):
                self._start(host)
            self._rebalance()
            if self.options.has_faults:
                self.log.late_append, self.log.refused_output = self.options.late_append, self.options.refused_output
                self._again(self.options.crash_every_s, self._hurt)
                self._again(self.options.pause_every_s, self._pause)
                self._again(self.options.rebalance_every_s, self._rebalance)
            chaos_s = 1_000.0 + (6 if self.options.has_faults else 0)
            self._loop.run_until(lambda: self._loop.time() >= chaos_s and not self._left, chaos_s + 60)
            self._calm_down()
            is_done = self._loop.run_until(self._is_done, self._loop.time() + CALM_S)
        return self._ended(is_done)

    def _again(self, every_s: float, happen: Any) -> None:
        def once() -> None:
            if not self._is_calm:
                happen()
                self._again(every_s, happen)

        self.log.at(self._loop.time() + self._rng.expovariate(1 / every_s), once)

    def _produce(self, sent: list[Sent]) -> None:
        at, self._left = self._loop.time(), len(sent)
        self.counts["facts"] = len(sent)
        for one in sent:
            at += 0 if self.options.is_cold else self._rng.expovariate(len(sent) / 3)
            if self.options.is_cold:
                self._append(one)
            else:
                self.log.at(at, lambda one=one: self._append(one))  # type: ignore[misc]

    def _append(self, one: Sent) -> None:
        self._left -= 1
        part = self.log.part(one.topic, one.number)
        if one.is_marker:
            part.end += 1
        else:
            part.append(one.at_ms, one.key, one.value, one.headers)

    def _start(self, host: int) -> None:
        name = f"worker {host}.{self.counts['crashes']}"
        states = VirtualStates(self._disks[host], self._checkpoints)
        node = Node(name, host, self.options, self.log, states, self._committed, self._kill)
        self._nodes[host] = node
        node.start()
        self.log.at(self._loop.time() + self._rng.random() * 0.5, self._rebalance)

    def reach(self, name: str) -> None:
        """A worker is at a failpoint: it may die there, or fall asleep."""
        process = running_process()
        if not process.is_alive:
            raise Crash
        node = next(node for node in self._nodes.values() if node.process is process)
        if node.pauses_at is not None and node.pauses_at[0] == name:
            node.pauses_at = None
            self._fall_asleep(node)
        if node.dies_at is not None and node.dies_at[0] == name:
            node.dies_at = (name, node.dies_at[1] - 1)
            if node.dies_at[1] <= 0:
                self._kill(node)
                raise Crash

    def _hurt(self) -> None:
        """Let a worker die now, or where it is next at a certain place."""
        node = self._rng.choice(list(self._nodes.values()))
        if self._rng.random() < 0.2:
            self._kill(node)
        else:
            node.dies_at = (self._rng.choice(failpoints.NAMES), self._rng.choice([1, 1, 2, 5]))

    def _kill(self, node: Node) -> None:
        if not node.process.is_alive:
            return
        node.crash()
        self.died(node)

    def died(self, node: Node) -> None:
        """A worker's process has ended: it is started again, perhaps on an empty disk."""
        self.counts["crashes"] += 1
        if self._rng.random() < self.options.state_lost:
            self.counts["states_lost"] += 1
            self._disks[node.host].lose()
            if self._rng.random() < 0.3:
                self._checkpoints.clear()
        self.log.at(self._loop.time() + self._rng.random(), lambda: self._start(node.host))
        self.log.at(self._loop.time() + self._rng.random() * 1.5, self._rebalance)

    def _pause(self) -> None:
        node = self._rng.choice(list(self._nodes.values()))
        if self._rng.random() < 0.5:
            self._fall_asleep(node)
        else:
            node.pauses_at = (self._rng.choice(failpoints.NAMES), 1)

    def _fall_asleep(self, node: Node) -> None:
        if self._is_calm or node.process.is_paused:
            return
        self.counts["pauses"] += 1
        node.process.is_paused = True
        self.log.at(self._loop.time() + self._rng.choice([0.05, 0.5, 3.0]), lambda: self._wake(node))
        if self._rng.random() < 0.7:
            self.log.at(self._loop.time() + self._rng.random() * 0.3, self._rebalance)

    def _wake(self, node: Node) -> None:
        node.process.is_paused = False
        self.log.at(self._loop.time() + self._rng.random(), self._rebalance)

    def _rebalance(self) -> None:
        """Deal the partitions out among those who answer; sometimes one of them twice."""
        self.counts["rebalances"] += 1
        generation = self.counts["rebalances"]
        able = [node for node in self._nodes.values() if node.process.is_alive and not node.process.is_paused]
        shares: dict[int, set[int]] = {node.host: set() for node in able}
        for number in range(self.options.partitions) if able else ():
            for _ in range(2 if not self._is_calm and self._rng.random() < self.options.two_owners else 1):
                shares[self._rng.choice(able).host].add(number)
        for node in able:
            told = self._loop.time() + self.log.latency_s()
            self.log.at(told, partial(self._loop.tell, node.process, node.assign, generation, shares[node.host]))

    def _calm_down(self) -> None:
        """Nothing more goes wrong; whoever sleeps wakes up and finds out."""
        self._is_calm = True
        self.log.late_append = self.log.refused_output = 0.0
        for node in self._nodes.values():
            node.dies_at = node.pauses_at = None
            node.process.is_paused = False
        self.log.at(self._loop.time() + 2, self._rebalance)
        self._calm_at = self._loop.time() + 2.5

    def _is_done(self) -> bool:
        if self._loop.time() < self._calm_at:
            return False
        seats = self._seats()
        numbers = sorted(found.number for found in seats)
        return numbers == list(range(self.options.partitions)) and all(self._is_finished(found) for found in seats)

    def _seats(self) -> list[seat.Seat]:
        held = [node.holdings for node in self._nodes.values() if node.process.is_alive and node.holdings]
        return [found for one in held for found in one.seats.values()]

    def _is_finished(self, found: seat.Seat) -> bool:
        ends = {name: self.log.part(name, found.number).end for name in seat.SOURCES}
        is_read = all(found.merge.wanted(name) >= end for name, end in ends.items())
        is_sent = all(_is_acknowledged(one) for pending in found.outbox._rounds for one in pending.futures)
        is_owing = found.unwritten or found.owes_exposures()
        is_busy = found.is_busy or found.merge.buffered or found.partition.context.sweeps
        return is_read and is_sent and not is_owing and not is_busy

    def _ended(self, is_done: bool) -> Ended:
        ended = Ended(self.options, self.log, counts=self.counts)
        self.counts["steps"] = self._loop.steps
        ended.findings += [f"{name} failed: {_told(error)}" for name, error in self._loop.errors]
        if not is_done:
            ended.findings.append(f"not finished after {CALM_S:.0f} s of calm: {self._stuck()}")
        for found in self._seats():
            ended.rows[found.number] = rows_of(found.rows.memory)  # type: ignore[attr-defined]
        return ended

    def _stuck(self) -> str:
        texts = [f"errors {self._loop.errors}"] if self._loop.errors else []
        for node in self._nodes.values():
            if node.holdings is not None:
                texts.append(f"{node.name} closed {node.holdings.closed} unready {node.holdings.unready()}")
        for found in self._seats():
            wanted = {name: (found.merge.wanted(name), self.log.part(name, found.number).end) for name in seat.SOURCES}
            texts.append(
                f"partition {found.number}: wanted and end {wanted}, buffered {found.merge.buffered}, "
                f"holding {found.is_holding}, busy {found.is_busy}, waiting on {found.merge.waiting_on}"
            )
        return "; ".join(texts)


def _told(error: BaseException) -> str:
    """Return what failed and where, the innermost places first."""
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in reversed(frames)]
    return f"{error!r} at {' '.join(places[:12])}"


def _is_acknowledged(future: Any) -> bool:
    return future.done() and future.exception() is None


class _Time:
    """The clock that the worker reads."""

    def __init__(self, loop: VirtualLoop) -> None:
        self.monotonic = self.perf_counter = self.time = loop.time


@contextlib.contextmanager
def _in_place_of_the_real(cluster: Cluster) -> Iterator[None]:
    """Let the worker's modules see virtual time, the run's failpoints and its sizes."""
    options, time = cluster.options, _Time(cluster._loop)
    changes: list[tuple[ModuleType, str, Any]] = [
        *((module, "time", time) for module in (rounds, holdings, metrics)),
        *((module, "reach", cluster.reach) for module in REACHING),
        (holdings, "IDLE_S", 0.1),
        (rounds, "RECORDS_PER_SLICE", options.slice_records),
        (rounds, "RECORDS_PER_ROUND", options.slice_records * 4),
        (seat, "SWEEPS_PER_ROUND", options.sweeps_per_round),
        (seat, "EXPOSURES_EVERY_S", options.exposures_every_s),
        (opening, "COMMIT_EVERY", options.commit_every),
    ]
    before = [(module, name, getattr(module, name)) for module, name, _ in changes]
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory(), processors=[lambda *_: ""])
    try:
        for module, name, value in changes:
            setattr(module, name, value)
        yield
    finally:
        structlog.reset_defaults()
        for module, name, value in before:
            setattr(module, name, value)
