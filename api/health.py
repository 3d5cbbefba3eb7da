"""Asks every part of a running Obligor how it is."""

from __future__ import annotations

import socket
import urllib.error
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import msgspec
from msgspec import Struct

from api.run_file import Run

State = Literal["ready", "not ready", "down"]
_ANSWER_SECONDS = 3.0


class Part(Struct, frozen=True):
    """One part: what it is, where it answers, how it is, and why, or what it says of itself."""

    part: str
    address: str
    state: State
    detail: str = ""


def ask_all(run: Run) -> list[Part]:
    """Return how each part is, asked all at once."""
    questions = [("broker", address.strip()) for address in run.brokers.split(",") if address.strip()]
    questions += [(f"worker {worker.pid}", f"http://127.0.0.1:{worker.metrics_port}/ready") for worker in run.workers]
    if run.learner is not None:
        questions.append((f"learner {run.learner.pid}", f"http://127.0.0.1:{run.learner.metrics_port}/ready"))
    questions += [("api", f"{run.api.rstrip('/')}/v1/health/ready")] if run.api else []
    with ThreadPoolExecutor(max_workers=max(1, len(questions))) as pool:
        return list(pool.map(lambda question: _ask(*question), questions))


def exit_code(parts: Sequence[Part]) -> int:
    """Return 0 if everything is ready, 1 if something is not, 2 if nothing runs.

    >>> exit_code([Part("api", "x", "ready"), Part("worker 7", "y", "down")])
    1
    """
    if all(part.state == "down" for part in parts):
        return 2
    return 0 if all(part.state == "ready" for part in parts) else 1


def _ask(part: str, address: str) -> Part:
    return _ask_broker(part, address) if part == "broker" else _ask_http(part, address)


def _ask_broker(part: str, address: str) -> Part:
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), _ANSWER_SECONDS):
            return Part(part, address, "ready")
    except (OSError, ValueError) as error:
        return Part(part, address, "down", str(error))


def _ask_http(part: str, url: str) -> Part:
    try:
        with urllib.request.urlopen(url, timeout=_ANSWER_SECONDS) as answer:
            return Part(part, url, "ready", _note(answer.read(10_000)))
    except urllib.error.HTTPError as refused:
        return Part(part, url, "not ready", _reason(refused.read(10_000)) or str(refused))
    except OSError as error:
        return Part(part, url, "down", str(getattr(error, "reason", error)))


def _note(answer: bytes) -> str:
    """What a part that is ready says of itself."""
    try:
        content = msgspec.json.decode(answer)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
    return str(content.get("detail") or "") if isinstance(content, dict) else ""


def _reason(answer: bytes) -> str:
    """Workers may answer in plain text, the api answers with a problem detail."""
    try:
        content = msgspec.json.decode(answer)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return answer.decode(errors="replace").strip()[:300]
    return str(content.get("detail") or content.get("reason") or content) if isinstance(content, dict) else str(content)
