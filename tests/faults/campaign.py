"""One campaign: what is done to a cluster while facts flow, and the proof afterwards."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from queue import Queue
from random import Random
from typing import Any

from kafka import KafkaProducer
from kafka.errors import KafkaError

from streams.auditing import audit_all, plan_audit
from streams.broker import Broker
from streams.message import Message
from streams.producing import Producing
from streams.settings import Settings
from streams.simulator import facts
from streams.topics import create_and_check, topic
from tests.faults.chaos import disturbed
from tests.faults.processes import WorkerProcess
from tests.faults.progress import Progress, Stuck, marks, wait_until
from tests.verifier import read_world, verify

Say = Callable[[str], None]


@dataclass(frozen=True)
class Options:
    """What a campaign does; the same seed does the same in the same order, if not at the same microsecond."""

    seed: int
    facts: int = 200_000
    accounts: int = 600
    partitions: int = 6
    kills: int = 24
    pauses: int = 2
    broker_restarts: int = 2
    intrusions: int = 4
    deletions: int = 1
    session_timeout_ms: int = 6_000
    duplicates: float = 0.02
    late: float = 0.02
    wait_seconds: float = 180
    at_most_seconds: float = 3_000


def short_options(seed: int) -> Options:
    """The campaign that every run of the tests makes."""
    return Options(seed, 20_000, 60, 3, kills=4, pauses=1, broker_restarts=1, intrusions=1, at_most_seconds=300)


class Campaign:
    """A cluster with its workers, under fire.

    Args:
        directory: where the broker and the workers keep everything; empty.
        say: told of each step.
    """

    def __init__(self, options: Options, broker: Broker, directory: Path, say: Say) -> None:
        self.options = options
        self._rng = Random(f"{options.seed}/campaign")
        self._broker = broker
        self._say = say
        name = f"faults-{options.seed}"
        self.settings = Settings(
            brokers=broker.bootstrap,
            topic_prefix=name,
            group_id=name,
            partitions=options.partitions,
            data=directory / "worker",
            session_timeout_ms=options.session_timeout_ms,
            checkpoint_every=5_000,
        )
        self.workers = [WorkerProcess(self.settings, directory / f"worker-{number}.log") for number in (0, 1)]
        self._wanted = 1
        self._progress = Progress(self.settings)
        self._sender = _Sender(self.settings)
        self.exits: list[int] = []
        self._until = time.monotonic() + options.at_most_seconds

    def run(self) -> list[str]:
        """Do everything that the options say and return what is wrong afterwards."""
        create_and_check(self.settings)
        actions = self._actions()
        slices = _slices(self._messages(), len(actions) + 1)
        try:
            self.workers[0].start()
            self._sender.start()
            for number, action in enumerate(actions):
                before = self._progress.ledger_end()  # asked first: after a restart the answer may come late
                self._sender.send(slices[number])
                self._wait_for_work(before)
                self._say(f"{number + 1}/{len(actions)} {action.__name__.strip('_').replace('_', ' ')}")
                action()
            self._sender.send(slices[-1])
            self._finish()
            return self._prove()
        except Stuck as stuck:
            return [str(stuck), *(f"{worker.log_file.name}:\n{worker.tail()}" for worker in self.workers)]
        finally:
            self._sender.stop()
            for worker in self.workers:
                worker.kill()
            self._progress.close()

    def _messages(self) -> list[Message]:
        options = self.options
        plain = facts(options.facts, options.seed, accounts=options.accounts)
        return list(disturbed(plain, options.seed, duplicates=options.duplicates, late=options.late))

    def _actions(self) -> list[Callable[[], None]]:
        """The first half of the kills with one worker, the rest with two; a pause needs two."""
        options, rng = self.options, self._rng
        alone: list[Callable[[], None]] = [self._kill_worker] * (options.kills // 2)
        alone += [self._restart_broker] * (options.broker_restarts // 2) + [self._delete_state] * options.deletions
        both: list[Callable[[], None]] = [self._kill_worker] * (options.kills - options.kills // 2)
        both += [self._restart_broker] * (options.broker_restarts - options.broker_restarts // 2)
        both += [self._pause_worker] * options.pauses + [self._intrude] * options.intrusions
        rng.shuffle(alone)
        rng.shuffle(both)
        return [*alone, self._start_second_worker, *both]

    def _wait_for_work(self, before: int) -> None:
        """Wait until the ledger grows again, then a little: what happens next happens in the middle of it."""
        grown = self._rng.randint(1, 400)
        wait_until(
            "the ledger to grow",
            lambda: self._progress.ledger_end() >= before + grown or self._is_idle(before),
            self.options.wait_seconds,
            self._keep_alive,
        )
        time.sleep(self._rng.random() * 0.3)

    def _is_idle(self, before: int) -> bool:
        return self._progress.ledger_end() > before and self._sender.idle

    def _keep_alive(self) -> None:
        """Start again what has ended by itself, as whoever runs workers does."""
        if time.monotonic() > self._until:
            raise Stuck(f"expected the campaign to end within {self.options.at_most_seconds:.0f} s")
        self._sender.check()
        for worker in self.workers[: self._wanted]:
            if not worker.running:
                code = worker.exit_code
                self.exits.append(code or 0)
                self._say(f"  {worker.log_file.stem} ended by itself with {code}; started again")
                worker.start()

    def _kill_worker(self) -> None:
        worker = self._rng.choice(self.workers[: self._wanted])
        worker.kill()
        worker.start()

    def _start_second_worker(self) -> None:
        self._wanted = 2
        self.workers[1].start()

    def _pause_worker(self) -> None:
        """Longer than Kafka waits for it, so that its partitions are the other's when it wakes."""
        worker = self._rng.choice(self.workers)
        worker.pause()
        until = time.monotonic() + self.options.session_timeout_ms / 1000 + 4
        wait_until("the pause to be over", lambda: time.monotonic() > until, 60, self._keep_alive)
        worker.wake()

    def _restart_broker(self) -> None:
        self._broker.stop()
        self._broker.start()

    def _delete_state(self) -> None:
        for worker in self.workers:
            worker.kill()
        shutil.rmtree(self.settings.data / "state", ignore_errors=True)
        for worker in self.workers[: self._wanted]:
            worker.start()

    def _intrude(self) -> None:
        """Another writer puts something into a ledger partition that the workers hold."""
        number = self._rng.randrange(self.options.partitions)
        values = (b"no ledger record", b"{}", None, b'{"seq":1,"prev":"%s"}' % (b"0" * 64))
        try:
            with KafkaProducer(bootstrap_servers=self.settings.brokers) as producer:
                full_name = topic(self.settings.topic_prefix, "ledger")
                producer.send(full_name, self._rng.choice(values), key=b"nobody", partition=number).get(timeout=20)
        except KafkaError as error:
            raise Stuck(f"expected the broker to take a record, received {error!r}") from error

    def _finish(self) -> None:
        """Wait until everything is sent and taken in, and let the workers end in order."""
        wait_until("everything to be sent", lambda: self._sender.idle, self.options.wait_seconds, self._keep_alive)
        last = marks(self.options.partitions, time.time_ns() // 1_000_000)
        self._sender.send(last)
        wait_until(
            f"the ledger to hold the {len(last)} last records",
            lambda: self._progress.marks_in_ledger() >= len(last),
            self.options.wait_seconds,
            self._keep_alive,
        )
        for worker in self.workers[: self._wanted]:
            begun = partial(getattr, worker, "has_begun")
            wait_until(f"{worker.log_file.stem} to run", begun, self.options.wait_seconds, self._keep_alive)
            code = worker.stop()
            if code != 0:
                raise Stuck(f"expected {worker.log_file.stem} to end with 0 at SIGTERM, received {code}")

    def _prove(self) -> list[str]:
        result = verify(read_world(self.settings.brokers, self.settings.topic_prefix))
        self._say("verifier: " + ", ".join(f"{name} {count:,}" for name, count in result.counts.items()))
        findings = [f"verifier: {finding}" for finding in result.findings]
        reports = audit_all(self.settings, plan_audit(self.settings))
        checked = sum(report.checked.rederived for report in reports)
        void = sum(report.checked.void for report in reports)
        self._say(f"audit: {checked:,} records re-derived, {void:,} void")
        findings += [f"audit: {finding}" for report in reports for finding in report.findings]
        late = sum(report.checked.outputs_not_yet for report in reports)
        if len(self.exits) > 20:
            findings.append(f"workers ended by themselves {len(self.exits)} times")
        self._say(f"{late:,} publications that the ledger does not call acknowledged yet")
        return findings

    def describe(self) -> str:
        """The options, written out."""
        return " ".join(f"{name}={value}" for name, value in asdict(self.options).items())


def _slices(messages: list[Message], count: int) -> list[list[Message]]:
    size = -(-len(messages) // count)
    return [messages[first : first + size] for first in range(0, size * count, size)]


class _Sender:
    """A thread that sends what it is given, in order, through whatever happens to the broker."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._waiting: Queue[list[Message] | None] = Queue()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def send(self, messages: list[Message]) -> None:
        """Hand messages over."""
        self._waiting.put(messages)

    @property
    def idle(self) -> bool:
        """Whether everything handed over is acknowledged."""
        return self._waiting.unfinished_tasks == 0

    def check(self) -> None:
        """Raise what kept it from sending."""
        if self._failure is not None:
            raise Stuck(f"expected facts to be sent, received {self._failure!r}")

    def stop(self) -> None:
        """End once the rest is sent, or at once if it cannot be."""
        self._waiting.put(None)
        self._thread.join(timeout=5)

    def _run(self) -> None:
        try:
            with Producing(self._settings) as producing:
                for messages in self._batches():
                    producing.send_all(messages)
                    self._waiting.task_done()
        except Exception as failure:
            self._failure = failure

    def _batches(self) -> Iterator[Any]:
        while (messages := self._waiting.get()) is not None:
            yield messages
