"""An api that can be killed and started again on the same port, under an open page."""

from __future__ import annotations

from pathlib import Path

from streams.broker import choose_port
from streams.settings import Settings
from tests.api_process import ApiProcess


class KillableApi(ApiProcess):
    """An api on one port, that can be killed and started again there."""

    def __init__(self, settings: Settings, log_file: Path) -> None:
        super().__init__(settings, log_file, "--port", str(choose_port([])))

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(20)

    def start_again(self) -> None:
        """Start it on the same port and wait until it is ready."""
        self.__enter__()
