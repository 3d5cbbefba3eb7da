"""Fetching Kafka's jars from a repository of this test's own: whole or not at all, and told by name when it fails."""

import hashlib
import multiprocessing
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from streams import kafka_jars
from streams.kafka_jars import JarsUnavailable, central_mirror, ensure_jars, read_pins

JARS = {"one": b"the first jar", "two": b"the second jar"}


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A Maven repository on this machine that two pinned jars can be had from, configured as a user would."""
    root = tmp_path / "repository"
    for name, content in JARS.items():
        place = root / "org" / "example" / name / "1.0"
        place.mkdir(parents=True)
        (place / f"{name}-1.0.jar").write_bytes(content)
    handler = partial(_Quiet, directory=str(root))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        home = tmp_path / "home"
        _write_settings(home / ".m2" / "settings.xml", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("HOME", str(home))
        monkeypatch.setenv("JGO_CONFIG_FILE", str(home / "none"))
        monkeypatch.setattr(kafka_jars, "LOCK_FILE", _pin(tmp_path / "pins.lock", JARS))
        yield root
        server.shutdown()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def _pin(path: Path, jars: dict[str, bytes]) -> Path:
    lines = [f"org.example:{name}:1.0 {hashlib.sha256(content).hexdigest()}\n" for name, content in jars.items()]
    path.write_text("".join(lines))
    return path


def _write_settings(path: Path, url: str, covers: str = "*") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        '<settings xmlns="http://maven.apache.org/SETTINGS/1.0.0"><mirrors>'
        f"<mirror><id>ours</id><mirrorOf>{covers}</mirrorOf><url>{url}</url></mirror>"
        "</mirrors></settings>"
    )
    return path


def _contents(directory: Path) -> dict[str, bytes]:
    return {path.name.removesuffix("-1.0.jar"): path.read_bytes() for path in directory.iterdir()}


def test_every_pinned_jar_is_fetched_from_the_configured_mirror_and_then_kept(repository: Path, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    found = ensure_jars(tmp_path / "cache", lambda done, total: told.append((done, total)))
    assert _contents(found) == JARS
    assert told == [(1, 2), (2, 2)]
    (repository / "org" / "example" / "one" / "1.0" / "one-1.0.jar").unlink()
    assert ensure_jars(tmp_path / "cache", lambda *_: pytest.fail("fetched again")) == found


def test_a_missing_artifact_is_named_and_fetched_later(repository: Path, tmp_path: Path) -> None:
    jar = repository / "org" / "example" / "two" / "1.0" / "two-1.0.jar"
    jar.unlink()
    with pytest.raises(JarsUnavailable, match=r"org\.example:two:1\.0: expected to fetch two-1\.0\.jar"):
        ensure_jars(tmp_path / "cache")
    jar.write_bytes(JARS["two"])
    assert _contents(ensure_jars(tmp_path / "cache")) == JARS


def test_an_artifact_with_other_bytes_is_refused_by_name(repository: Path, tmp_path: Path) -> None:
    (repository / "org" / "example" / "two" / "1.0" / "two-1.0.jar").write_bytes(b"something else")
    with pytest.raises(JarsUnavailable, match=r"org\.example:two:1\.0: expected sha256"):
        ensure_jars(tmp_path / "cache")


def test_what_a_cut_download_left_behind_is_not_taken_for_whole(repository: Path, tmp_path: Path) -> None:
    half = tmp_path / "cache" / "maven" / "org" / "example" / "one" / "1.0" / "one-1.0.jar"
    half.parent.mkdir(parents=True)
    half.write_bytes(JARS["one"][:4])
    assert _contents(ensure_jars(tmp_path / "cache")) == JARS


def test_an_unreachable_repository_is_a_clear_error(
    repository: Path, tmp_path: Path, free_port: Callable[[], int]
) -> None:
    _write_settings(tmp_path / "home" / ".m2" / "settings.xml", f"http://127.0.0.1:{free_port()}")
    with pytest.raises(JarsUnavailable, match=r"org\.example:(one|two):1\.0: expected to fetch"):
        ensure_jars(tmp_path / "cache")


def test_processes_that_start_together_share_one_fetch(repository: Path, tmp_path: Path) -> None:
    with multiprocessing.get_context("fork").Pool(4) as pool:
        found = pool.map(ensure_jars, [tmp_path / "cache"] * 4)
    assert len(set(found)) == 1
    assert _contents(found[0]) == JARS


@pytest.mark.parametrize(
    ("covers", "expected"),
    [("*", True), ("central", True), ("external:*", True), ("other,central", True), ("other", False)]
    + [("*,!central", False)],
)
def test_only_a_mirror_that_covers_central_counts(tmp_path: Path, covers: str, expected: bool) -> None:
    found = central_mirror(_write_settings(tmp_path / "settings.xml", "http://127.0.0.1:1/maven/", covers))
    assert found == ("http://127.0.0.1:1/maven" if expected else None)


def test_no_settings_and_broken_settings(tmp_path: Path) -> None:
    assert central_mirror(tmp_path / "settings.xml") is None
    (tmp_path / "settings.xml").write_text("<settings>")
    with pytest.raises(JarsUnavailable, match=r"settings\.xml"):
        central_mirror(tmp_path / "settings.xml")


def test_the_pinned_jars_are_one_version_of_kafka_with_its_logging() -> None:
    jars = read_pins(kafka_jars.LOCK_FILE.read_text())
    assert {jar.version for jar in jars if jar.group == "org.apache.kafka"} == {kafka_jars.KAFKA_VERSION}
    assert {"kafka_2.13", "kafka-clients", "log4j-core", "log4j-slf4j-impl"} <= {jar.artifact for jar in jars}
    assert len({jar.file_name for jar in jars}) == len(jars)
