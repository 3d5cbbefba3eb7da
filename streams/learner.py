"""The learner: an ordinary Faust agent on `labels` that writes the log of lessons, learns from it and publishes models.

One for a cluster. Its order is: append the lessons of a day, check where they landed, learn, publish, acknowledge; so a
kill at any moment loses nothing and learns nothing twice. Any error ends the process: started again, it learns its log
from the beginning and goes on. Two of them show at once: one is not given all partitions, or finds its log written on.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from datetime import date
from typing import Any

import faust
import msgspec
from aiokafka import TopicPartition
from faust.types import TP

from schemas.facts.control import LearnerReported
from schemas.publication import Published, event_headers
from streams.clock import end_of_day_ms
from streams.failpoints import reach
from streams.garbage import collect_less_often
from streams.label_intake import Day, LabelIntake
from streams.learner_metrics import LearnerMetrics
from streams.ledger import LedgerWriter
from streams.lesson_order import LabelUnreadable, read_label
from streams.metrics import Health
from streams.publisher import Publisher
from streams.reader import Reader
from streams.settings import Settings
from streams.snapshots import Snapshot, encode_snapshot, read_snapshot, refuse_ahead
from streams.study import Findings, Study
from streams.topics import topic
from streams.transport import CRASH_EXIT_CODE, crash_on_error, make_app, quiet_loggers

_APPENDED_AT_ONCE = 5_000
_BUFFERED_RECORDS = 10_000
_REFUSED_SHOWN_MAX = 5
_ANOTHER = "another learner of this group holds partitions {}"


class LearnerProcess:
    """One learner process."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.metrics = LearnerMetrics()
        self._stopping = asyncio.Event()
        self._exit_code = 0
        self._study, self._lessons_end = Study(), 0
        self._intake = LabelIntake(settings.partitions)
        self._lessons = LedgerWriter(settings, self._name("lessons"))
        self._publisher, self._reader = Publisher(settings), Reader(settings)
        group_id = f"{settings.group_id}-learner"
        self._app = make_app(settings, [], group_id=group_id, data=settings.data / "faust" / f"learner-{os.getpid()}")
        self._app.conf.stream_buffer_maxsize = _BUFFERED_RECORDS
        raw = {"key_type": bytes, "key_serializer": "raw", "value_type": bytes, "value_serializer": "raw"}
        self._app.agent(self._app.topic(self._name("labels"), **raw))(self._receive_all)

    def _name(self, name: str) -> str:
        return topic(self._settings.topic_prefix, name)

    async def run(self, metrics_host: str, metrics_port: int) -> int:
        """Learn until SIGTERM or SIGINT; return the process's exit code."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stopping.set)
        health = Health(self.metrics.registry, self._unready, self._note)
        port = await health.start(metrics_host, metrics_port)
        await self._start()
        self.metrics.log.info("learner runs", metrics_port=port, pid=os.getpid(), lessons=self._study.log.number)
        await self._stopping.wait()
        await self._app.consumer.commit()
        await self._app.stop()
        await self._lessons.stop()
        await self._publisher.stop()
        await self._reader.stop()
        await health.stop()
        self.metrics.log.info("learner has stopped")
        return self._exit_code

    async def _start(self) -> None:
        await self._reader.start()
        await self._lessons.start()
        await self._publisher.start()
        findings = await self._restore()
        self._intake = self._study.intake(self._settings.partitions)
        self._show()
        await self._tell(findings)
        await self._refuse_unsound()
        self._app.on_partitions_assigned.connect(self._on_assigned, weak=False)
        await self._app.start()

    async def _restore(self) -> Findings:
        """Learn the log from its beginning, without keeping it."""
        values = await self._values("lessons")
        self._lessons_end = len(values)
        return await asyncio.to_thread(self._study.restore, values)

    async def _values(self, name: str) -> list[bytes | None]:
        at = TopicPartition(self._name(name), 0)
        start, end = (await self._reader.beginnings([at]))[at], (await self._reader.ends([at]))[at]
        return [record.value async for records in self._reader.read(at, start, end) for record in records]

    async def _refuse_unsound(self) -> None:
        """Tell the owner of snapshots in `models` that nobody may adopt; the sound ones stay as they are."""
        reports = []
        for value in await self._values("models"):
            if value is None:
                continue
            read = read_snapshot(value)
            refused = refuse_ahead(read, self._study.log.number) if isinstance(read, Snapshot) else read
            if refused is not None:
                model_id = read.model_id if isinstance(read, Snapshot) else "unreadable"
                self.metrics.log.warning("a snapshot is refused", code=refused.code, why=refused.text)
                reports.append(
                    LearnerReported(
                        report="snapshot_refused",
                        model_id=model_id,
                        lessons=self._study.learner.learned,
                        of=refused.code,
                        text=refused.text[:1000],
                    )
                )
        await self._tell(Findings(reports=reports[:_REFUSED_SHOWN_MAX]))

    async def _receive_all(self, stream: faust.StreamT) -> None:
        await crash_on_error(self._app, self._receive(stream))

    async def _receive(self, stream: Any) -> None:
        async for event in stream.noack().events():
            partition = event.message.tp.partition
            try:
                record = read_label(event.value or b"")
            except LabelUnreadable as error:
                self.metrics.unreadable.inc()
                self.metrics.log.warning("a label is left out", partition=partition, why=str(error))
                event.ack()
                continue
            self.metrics.labels.labels(partition).inc()
            _acknowledge(self._intake.take(partition, record, event))
            while (day := self._intake.next_day()) is not None:
                await self._learn(day)
            self.metrics.stands(self._study.learner, self._intake)

    async def _learn(self, day: Day) -> None:
        records = self._study.write(day)
        for first in range(0, len(records), _APPENDED_AT_ONCE):
            values = [(None, value) for value in records[first : first + _APPENDED_AT_ONCE]]
            self._lessons_end = await self._lessons.append(0, values, self._lessons_end)
        reach("before_write")
        findings = self._study.learn(day)
        await self._tell(findings)
        reach("before_ack")
        _acknowledge(day.tickets)
        self._show()

    async def _tell(self, findings: Findings) -> None:
        """Publish snapshots and report; told again after a restart, a snapshot replaces itself."""
        on = self._study.on
        for snapshot in findings.snapshots:
            headers = event_headers(snapshot.model_id, "model_snapshot", "")
            record = Published("models", snapshot.model_id.encode(), encode_snapshot(snapshot), headers)
            await self._publisher.write(self._name("models"), 0, [(_stamp(on), record)])
            self.metrics.snapshots.labels(snapshot.model.name).inc()
        for number, report in enumerate(findings.reports):
            headers = event_headers(f"learner/{report.model_id}/{number}", "learner_reported", "")
            headers.append(("effect", findings.effect.encode()))
            record = Published("control", None, msgspec.json.encode(report), headers)
            await self._publisher.write(self._name("control"), 0, [(_stamp(on), record)])
            self.metrics.log.warning("told the owner of the model", report=report.report, of=report.of)

    def _show(self) -> None:
        self.metrics.lessons.set(self._study.log.number)
        self.metrics.void.set(self._study.log.void)
        self.metrics.stands(self._study.learner, self._intake)
        self.metrics.measured(self._study.learner)

    async def _on_assigned(self, _: Any, assigned: set[TP], **__: Any) -> None:
        """One learner needs every partition: of two, the one without the first partition ends."""
        missing = self._missing()
        if not missing:
            return
        text = _ANOTHER.format(", ".join(str(number) for number in missing))
        self.metrics.log.critical(text)
        if 0 in missing:
            self._exit_code = CRASH_EXIT_CODE
            self._stopping.set()

    def _missing(self) -> list[int]:
        name = self._name("labels")
        held = {tp.partition for tp in self._app.consumer.assignment() if tp.topic == name}
        return [number for number in range(self._settings.partitions) if number not in held]

    def _unready(self) -> list[str]:
        if not self._app.consumer or not self._app.rebalancing_count:
            return ["no partitions assigned yet"]
        missing = self._missing()
        return [_ANOTHER.format(", ".join(str(number) for number in missing))] if missing else []

    def _note(self) -> str:
        """What is not wrong and worth knowing: how far it is, and which partitions hold the others up."""
        waits_for, held = self._intake.waits_for(), sum(self._intake.held().values())
        text = f"{self._study.learner.learned} invoices learned, up to {self._study.on or 'no day'}"
        if held and waits_for:
            closed = self._intake.closed_on()
            places = ", ".join(f"{number} (closed {closed.get(number, 'no day')})" for number in waits_for)
            text += f"; {held} labels wait for partition {places}"
        return text


def _acknowledge(tickets: list[Any]) -> None:
    for event in tickets:
        event.ack()


def _stamp(on: str) -> int:
    """The end of the day that was learned: a later stamp would hold back what the market says of the days after it."""
    return end_of_day_ms(date.fromisoformat(on)) if on else 0


def run_learner(settings: Settings, *, metrics_host: str = "127.0.0.1", metrics_port: int = 0) -> int:
    """Run the learner in this process until it is told to stop; return the exit code."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    quiet_loggers()
    collect_less_often()

    async def main() -> int:
        return await LearnerProcess(settings).run(metrics_host, metrics_port)

    try:
        import uvloop

        return uvloop.run(main())
    except KeyboardInterrupt:
        return 0
    except Exception:
        import structlog

        structlog.get_logger("obligor.learner").exception("the learner could not run")
        return CRASH_EXIT_CODE
