"""`obligor approvals` tells people and programs what waits, and says so if no api answers."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from api.commands.approvals import approvals
from tests.unit.test_tail import ASKED

WAITS = {**ASKED, "changed_at_ms": 1_772_409_900_000, "expires_on": "2026-03-15"}
WAITS["given"] = [{"role": "credit_manager", "actor": "m\u001b[2J"}]


@pytest.fixture
def url() -> Iterator[str]:
    """An api with one request, and one more than it lists; nothing waits for the treasurer."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = [] if "role=treasurer" in self.path else [WAITS]
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"approvals": found, "total": 2 * len(found)}).encode())

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


def ask(*options: str) -> tuple[int, str]:
    app = typer.Typer()
    app.command()(approvals)
    result = CliRunner().invoke(app, list(options), env={"COLUMNS": "200"})
    return result.exit_code, result.output


def test_people_get_a_table(url: str) -> None:
    code, said = ask("--url", url)
    assert code == 0
    for cell in ("A-1001", "AP-9", "limit 50,000.00 EUR", "credit manager, then finance director", "2026-03-02"):
        assert cell in said
    assert "2026-03-15" in said and "and 1 more" in said
    assert "\x1b[2J" not in said


def test_a_program_gets_what_was_published(url: str) -> None:
    code, said = ask("--url", url, "--json", "--role", "credit_manager")
    assert code == 0
    assert json.loads(said.splitlines()[0]) == WAITS


def test_nothing_waits(url: str) -> None:
    assert ask("--url", url, "--role", "treasurer", "--language", "zh") == (0, "没有等待审批的申请\n")


def test_no_api(tmp_path: Path) -> None:
    code, said = ask("--url", "http://127.0.0.1:1")
    assert code == 2 and "expected an api at http://127.0.0.1:1" in said
    (tmp_path / "run.json").write_text("{")
    code, said = ask("--data", str(tmp_path))
    assert code == 2
