"""An asyncio loop whose time is virtual and whose processes are interleaved by a seed; any process may stop or die."""

from __future__ import annotations

import asyncio
from asyncio import events
from collections import deque
from collections.abc import Callable, Coroutine
from contextvars import Context, ContextVar, copy_context
from heapq import heappop, heappush
from random import Random
from typing import Any

_process: ContextVar[Process | None] = ContextVar("process", default=None)


class Crash(BaseException):
    """The process dies here, without any clean-up: the code above it must not see it."""


class Process:
    """Something that runs by itself: its callbacks keep their order, those of different processes do not."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_alive = True
        self.is_paused = False
        self.ready: deque[asyncio.Handle] = deque()
        self.context: Context = copy_context()
        self.context.run(_process.set, self)


def running_process() -> Process:
    """Return the process that is running now."""
    found = _process.get()
    assert found is not None, "nothing runs outside of a process"
    return found


class VirtualLoop(asyncio.AbstractEventLoop):
    """Runs one callback of one process at a time; when nobody can run, time moves on to the next timer."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._now = 1_000.0
        self._timers: list[tuple[float, int, asyncio.TimerHandle, Process]] = []
        self._count = 0
        self._processes: list[Process] = []
        self.errors: list[tuple[str, BaseException]] = []
        self.steps = 0

    def add(self, name: str) -> Process:
        """Return a new process."""
        self._processes.append(Process(name))
        return self._processes[-1]

    def kill(self, process: Process) -> None:
        """Let nothing of a process run any more."""
        process.is_alive = False
        process.ready.clear()
        self._processes.remove(process)

    def time(self) -> float:
        return self._now

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return True

    def is_closed(self) -> bool:
        return False

    def call_soon(self, callback: Callable[..., Any], *args: Any, context: Context | None = None) -> asyncio.Handle:
        context = context or copy_context()
        handle = asyncio.Handle(callback, args, self, context)
        process = context.get(_process)
        assert process is not None, f"{callback} belongs to no process"
        if process.is_alive:
            process.ready.append(handle)
        return handle

    def call_later(
        self, delay: float, callback: Callable[..., Any], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        return self.call_at(self._now + delay, callback, *args, context=context)

    def call_at(
        self, when: float, callback: Callable[..., Any], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        context = context or copy_context()
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        process = context.get(_process)
        assert process is not None, f"{callback} belongs to no process"
        self._count += 1
        heappush(self._timers, (when, self._count, handle, process))
        return handle

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """It is passed over when its time comes."""

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=self)

    def create_task(
        self, coro: Coroutine[Any, Any, Any], *, name: str | None = None, context: Context | None = None
    ) -> asyncio.Task[Any]:
        return asyncio.Task(coro, loop=self, name=name, context=context)

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if error is not None and not isinstance(error, Crash) and "never retrieved" not in context["message"]:
            self.errors.append(("a callback", error))

    def start(self, process: Process, coro: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run something in a process."""
        return process.context.copy().run(self.create_task, coro)

    def tell(self, process: Process, callback: Callable[..., Any], *args: Any) -> None:
        """Let a process call something."""
        if process.is_alive:
            self.call_soon(callback, *args, context=process.context.copy())

    def run_until(self, is_done: Callable[[], bool], until_s: float) -> bool:
        """Run until something holds, looking at times; False if it does not by a certain virtual time."""
        events._set_running_loop(self)
        try:
            while not is_done():
                for _ in range(50):
                    if self._now > until_s or self.errors or not self._step():
                        return is_done()
            return True
        finally:
            events._set_running_loop(None)

    def _step(self) -> bool:
        self.steps += 1
        able = [process for process in self._processes if process.ready and not process.is_paused]
        if not able:
            return self._move_on()
        process = able[0] if len(able) == 1 else able[self._rng.randrange(len(able))]
        handle = process.ready.popleft()
        if not handle.cancelled():
            handle._run()
        return True

    def _move_on(self) -> bool:
        while self._timers:
            when, _, handle, process = heappop(self._timers)
            if handle.cancelled() or not process.is_alive:
                continue
            self._now = max(self._now, when)
            process.ready.append(handle)
            return True
        return False
