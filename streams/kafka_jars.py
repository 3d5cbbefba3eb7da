"""Kafka's own jars, fetched once per user from the machine's Maven repository and checked against `kafka_jars.lock`."""

import fcntl
import hashlib
import os
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import requests
from jgo.config import GlobalSettings
from jgo.maven import MavenContext

KAFKA_VERSION = "4.4.0"
LOCK_FILE = Path(__file__).with_name("kafka_jars.lock")
_FETCHES_AT_ONCE = 6
_TIMEOUT_SECONDS = 60

OnJar = Callable[[int, int], None]
"""Told how many jars are in place, of how many."""


class JarsUnavailable(Exception):
    """Kafka's jars could not be fetched; the message names the artifact. Programs end with exit code 2."""


@dataclass(frozen=True)
class Jar:
    """One pinned artifact."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def name(self) -> str:
        """The Maven coordinates, as people write them."""
        return f"{self.group}:{self.artifact}:{self.version}"

    @property
    def file_name(self) -> str:
        """The jar's name in a repository; unique among the pinned ones."""
        return f"{self.artifact}-{self.version}.jar"


def read_pins(text: str) -> list[Jar]:
    """The jars that a lock file lists.

    >>> [jar.file_name for jar in read_pins("org.apache.kafka:kafka-raft:4.4.0 00ff")]
    ['kafka-raft-4.4.0.jar']
    """
    jars = []
    for line in filter(None, map(str.strip, text.splitlines())):
        name, sha256 = line.split()
        group, artifact, version = name.split(":")
        jars.append(Jar(group, artifact, version, sha256))
    return jars


def cache_directory() -> Path:
    """Where this user's jars are kept, shared by every checkout and data directory."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "obligor"


def ensure_jars(cache: Path | None = None, on_jar: OnJar | None = None) -> Path:
    """The directory holding exactly the pinned jars, fetched if they are not there yet.

    Safe for concurrent callers, in one process or many: the directory appears whole, by a rename under a lock.

    Raises:
        JarsUnavailable: an artifact could not be fetched or is not what was pinned.
    """
    cache = cache or cache_directory()
    jars = read_pins(LOCK_FILE.read_text())
    pinned = hashlib.sha256(LOCK_FILE.read_bytes()).hexdigest()[:12]
    complete = cache / f"kafka-{KAFKA_VERSION}-{pinned}"
    if complete.is_dir():
        return complete
    cache.mkdir(parents=True, exist_ok=True)
    with _exclusive(cache / f"{complete.name}.lock"):
        if not complete.is_dir():
            partial = cache / f"{complete.name}.partial"
            partial.mkdir(exist_ok=True)
            _fetch_all(jars, partial, cache / "maven", on_jar)
            partial.rename(complete)
    return complete


@contextmanager
def _exclusive(path: Path) -> Iterator[None]:
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _fetch_all(jars: list[Jar], directory: Path, repository: Path, on_jar: OnJar | None) -> None:
    context = _maven_context(repository)
    with ThreadPoolExecutor(_FETCHES_AT_ONCE) as pool:
        fetches = [pool.submit(_fetch, context, jar, directory) for jar in jars]
        try:
            for done, fetch in enumerate(as_completed(fetches), start=1):
                fetch.result()
                if on_jar:
                    on_jar(done, len(jars))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _fetch(context: MavenContext, jar: Jar, directory: Path) -> None:
    target = directory / jar.file_name
    if target.exists():
        return
    artifact = context.project(jar.group, jar.artifact).at_version(jar.version).artifact()
    # A download that was cut short stays behind under its final name, and jgo would take it for whole.
    for stale in context.repo_cache.glob(f"{artifact.component.path_prefix.as_posix()}/{jar.file_name}"):
        stale.unlink()
    try:
        fetched = artifact.resolve()
    except (requests.RequestException, RuntimeError, OSError) as error:
        raise JarsUnavailable(f"{jar.name}: expected to fetch {jar.file_name}, got {error}") from error
    found = hashlib.sha256(fetched.read_bytes()).hexdigest()
    if found != jar.sha256:
        raise JarsUnavailable(f"{jar.name}: expected sha256 {jar.sha256}, got {found}")
    fetched.rename(target)


def _maven_context(repository: Path) -> MavenContext:
    """Resolves through what this machine's own configuration names, and jgo's default if it names nothing."""
    configured = dict(GlobalSettings.load().repositories)
    mirror = central_mirror(Path.home() / ".m2" / "settings.xml")
    if mirror:
        configured = {"central": mirror} | configured
    return MavenContext(repo_cache=repository, remote_repos=configured or None, timeout=_TIMEOUT_SECONDS)


def central_mirror(settings_file: Path) -> str | None:
    """The mirror of Maven's central repository that a `settings.xml` names, if it names one."""
    if not settings_file.is_file():
        return None
    try:
        root = ElementTree.parse(settings_file).getroot()
    except ElementTree.ParseError as error:
        raise JarsUnavailable(f"expected well-formed xml, got {error} in {settings_file}") from error
    for mirror in root.iterfind(".//{*}mirror"):
        covers = (mirror.findtext("{*}mirrorOf") or "").split(",")
        url = (mirror.findtext("{*}url") or "").strip().rstrip("/")
        excluded = "!central" in covers
        if not excluded and {"*", "external:*", "central"} & {name.strip() for name in covers} and urlsplit(url).scheme:
            return url
    return None


def resolve_pins(kafka_version: str, repository: Path) -> Iterator[str]:
    """The lines of a new lock file: Kafka's jars at a version with all they need to run, and the bridge to its log."""
    context = _maven_context(repository)
    kafka = context.create_dependency(f"org.apache.kafka:kafka_2.13:{kafka_version}")
    kafka.scope = "compile"
    # Kafka alone: jgo takes the first artifacts for boms of the others, and would mix versions.
    inputs, needed = context.resolver.resolve([kafka])
    artifacts = [one.artifact for one in (*inputs, *needed) if one.scope in ("compile", "runtime")]
    core = next(one for one in artifacts if one.artifactId == "log4j-core")
    bridge = context.project(core.groupId, "log4j-slf4j-impl").at_version(core.version).artifact()
    for one in sorted({*artifacts, bridge}, key=lambda one: (one.groupId, one.artifactId)):
        sha256 = hashlib.sha256(one.resolve().read_bytes()).hexdigest()
        yield f"{one.groupId}:{one.artifactId}:{one.version} {sha256}"


if __name__ == "__main__":
    # To move to another version: python -m streams.kafka_jars 4.5.0 > pins, then set KAFKA_VERSION and the lock file.
    with tempfile.TemporaryDirectory() as scratch:
        print("\n".join(resolve_pins(sys.argv[1], Path(scratch))))
