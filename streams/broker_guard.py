"""Stands between a broker's JVM and its owner, so that the JVM ends when the owner does, however that ends.

Run as a script by `streams.broker`, isolated from site-packages: only the standard library may be imported here.
Arguments: the descriptor of the data directory's lock, then the JVM's command line. Standard input is a pipe whose
other end only the owner holds; its closing means stop. The first line on standard output is the JVM's process id.
"""

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
import threading

_KILL_AFTER_SECONDS = 20
_PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> int:
    """Runs the command until it ends by itself or the owner is gone; returns its exit code."""
    lock = int(arguments[0])
    owner = os.getppid()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # The JVM inherits the lock, so the data directory stays taken for as long as any process can write to it.
    child = subprocess.Popen(
        arguments[1:], stdin=subprocess.DEVNULL, stdout=sys.stderr, pass_fds=(lock,), preexec_fn=_die_with_parent
    )
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    os.close(lock)
    print(child.pid, flush=True)
    threading.Thread(target=_stop_without_owner, args=(child, owner), daemon=True).start()
    return child.wait()


def _die_with_parent() -> None:
    # Linux only: covers this guard itself being killed. Elsewhere the pipe and the lock are what there is.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _stop_without_owner(child: "subprocess.Popen[bytes]", owner: int) -> None:
    # A forked child of the owner may still hold the pipe, hence the look at the parent as well.
    while os.getppid() == owner:
        readable, _, _ = select.select([0], [], [], 1.0)
        if readable and not os.read(0, 1):
            break
    child.terminate()
    try:
        child.wait(_KILL_AFTER_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
