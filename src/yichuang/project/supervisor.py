"""Keeps a few child processes alive until told to stop, and leaves none behind.

Each child has its own process group, so that what it started dies with it, and asks the kernel to
be ended when we are (Linux), so that even `kill -9` on us leaves no orphan holding the port.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

MOST_RESTARTS = 5
WITHIN_SECONDS = 60.0
GRACE_SECONDS = 10.0
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def _end_with_parent() -> None:
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass
class Child:
    """A program to keep running. `deaths` holds the moments of its latest ends.

    What it prints goes where ours goes, or to the end of the file `output`.
    """

    name: str
    command: Sequence[str]
    environment: dict[str, str] = field(default_factory=dict)
    output: Path | None = None
    process: subprocess.Popen[bytes] | None = None
    deaths: deque[float] = field(default_factory=lambda: deque(maxlen=MOST_RESTARTS + 1))

    def start(self) -> None:
        with contextlib.ExitStack() as files:
            out = files.enter_context(self.output.open("ab")) if self.output else None
            self.process = subprocess.Popen(
                self.command,
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                process_group=0,
                preexec_fn=_end_with_parent,  # noqa: PLW1509  (no thread of ours runs yet)
            )

    def kill(self) -> None:
        """End the child and whatever it started, at once."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def is_hopeless(self) -> bool:
        """Whether it died too often too quickly to be started again."""
        full = len(self.deaths) == self.deaths.maxlen
        return full and self.deaths[-1] - self.deaths[0] < WITHIN_SECONDS


class Supervisor:
    """`run` returns 0 when stopped by a signal, 1 when a child could not be kept alive."""

    def __init__(
        self,
        children: Sequence[Child],
        *,
        died: Callable[[Child, int], None],
        gave_up: Callable[[Child], None],
    ) -> None:
        self.children = children
        self.died = died
        self.gave_up = gave_up
        self.stopping = threading.Event()

    def listen(self) -> None:
        """Let Ctrl-C and the usual stop signals end `run`."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: self.stopping.set())

    def start(self) -> None:
        for child in self.children:
            child.start()

    def run(self, *, watch: Callable[[], None] = lambda: None, every: float = 0.2) -> int:
        """Watch over the children, calling `watch` each round, until told to stop."""
        try:
            while not self.stopping.wait(every):
                watch()
                for child in self.children:
                    if not self.keep(child):
                        self.gave_up(child)
                        return 1
            return 0
        finally:
            self.stop()

    def keep(self, child: Child) -> bool:
        """Start the child again if it has ended; False when that is hopeless."""
        assert child.process is not None, "start() comes first"
        code = child.process.poll()
        if code is None:
            return True
        child.kill()  # what the dead one had started
        child.deaths.append(time.monotonic())
        if child.is_hopeless():
            return False
        self.died(child, code)
        child.start()
        return True

    def stop(self) -> None:
        """Ask each child to end its own way, then end what is left of its group."""
        running = [child.process for child in self.children if child.process is not None]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + GRACE_SECONDS
        for process in running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=max(0.1, deadline - time.monotonic()))
        for child in self.children:
            child.kill()
