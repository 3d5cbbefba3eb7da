"""`obligor status` tells people and programs the same, with an exit code for scripts."""

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

from api.commands.status import status
from api.run_file import Run, RunFileInvalid, WorkerAddress, read_run, write_run

ANSWERS = {"/ready": (200, b"ok"), "/v1/health/ready": (503, b'{"detail": "5 records to go"}')}


@pytest.fixture
def port() -> Iterator[int]:
    """A server that is a ready worker and an api that is not."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            code, content = ANSWERS[self.path]
            self.send_response(code)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def ask(data: Path, *options: str) -> tuple[int, str]:
    app = typer.Typer()
    app.command()(status)
    result = CliRunner().invoke(app, ["--data", str(data), *options], env={"COLUMNS": "200"})
    return result.exit_code, result.output


def test_everything_ready(tmp_path: Path, port: int) -> None:
    write_run(tmp_path, Run(None, f"127.0.0.1:{port}", (WorkerAddress(7, port),)))
    code, output = ask(tmp_path)
    assert code == 0 and "worker 7" in output and "not ready" not in output


def test_something_not_ready_is_named_with_its_reason(tmp_path: Path, port: int) -> None:
    write_run(tmp_path, Run(f"http://127.0.0.1:{port}", "127.0.0.1:1", (WorkerAddress(7, port),)))
    code, output = ask(tmp_path, "--json")
    told = json.loads(output)
    assert code == 1 and told["state"] == "not ready"
    assert [(part["part"], part["state"]) for part in told["parts"]] == [
        ("broker", "down"),
        ("worker 7", "ready"),
        ("api", "not ready"),
    ]
    assert told["parts"][2]["detail"] == "5 records to go"
    assert "5 records to go" in ask(tmp_path)[1]


def test_nothing_runs(tmp_path: Path) -> None:
    assert ask(tmp_path)[0] == 2
    write_run(tmp_path, Run("http://127.0.0.1:1", "127.0.0.1:1", (WorkerAddress(7, 1),)))
    assert ask(tmp_path)[0] == 2
    assert json.loads(ask(tmp_path, "--json")[1])["state"] == "down"


def test_a_run_file_is_written_whole_and_read_strictly(tmp_path: Path) -> None:
    run = Run("http://127.0.0.1:8400", "127.0.0.1:9092", (WorkerAddress(1, 2), WorkerAddress(3, 4)))
    write_run(tmp_path / "new", run)
    assert read_run(tmp_path / "new") == run
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["run.json"]
    (tmp_path / "run.json").write_text("[]")
    with pytest.raises(RunFileInvalid, match=r"run\.json"):
        read_run(tmp_path)
    assert ask(tmp_path)[0] == 2
