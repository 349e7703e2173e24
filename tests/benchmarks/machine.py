"""What is measured on: the machine's facts, processes' CPU time, and the server under measure."""

import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def facts():
    """Processor, cores, memory, load and time, in one line."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    return (
        f"{names[0] if names else 'processor unknown'}; {len(os.sched_getaffinity(0))} cores usable; "
        f"{memory:.0f} GB; load {load}; Python {sys.version.split()[0]}; "
        f"{time.strftime('%Y-%m-%d %H:%M %Z')}"
    )


def _stat(pid):
    """Parent and CPU seconds of a process; None when it has gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return None
    fields = text.rsplit(")", 1)[1].split()
    return int(fields[1]), (int(fields[11]) + int(fields[12])) / TICKS


def cpu_seconds(root):
    """CPU seconds so far of the process `root` and of all below it."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (stat := _stat(entry.name)):
            found[int(entry.name)] = stat
    family, grew = {root}, True
    while grew:
        more = {pid for pid, (parent, _cpu) in found.items() if parent in family} - family
        family |= more
        grew = bool(more)
    return sum(found[pid][1] for pid in family if pid in found)


def parent_of(pid):
    stat = _stat(pid)
    if stat is None:
        raise RuntimeError(f"process {pid} is gone")
    return stat[0]


@contextlib.contextmanager
def server():
    """The platform under Granian as `yichuang serve` starts it, one worker and one thread:
    (port, process id)."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1",
        "--port", str(port), "--workers", "1", "--blocking-threads", "1",
        "--log-level", "warning", "--no-ws", "yichuang.project.wsgi:application",
    ]  # fmt: skip
    process = subprocess.Popen(command)
    try:
        _wait(port, process)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait(port, process, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        try:
            if Client(port).call("GET", "/healthz/ready")[0] == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the server did not become ready")


class Client:
    """One keep-alive connection, as one window would hold; http.client sets TCP_NODELAY."""

    def __init__(self, port, token=""):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.headers = {"Host": "127.0.0.1", "Content-Type": "application/json"}
        if token:
            self.headers["Authorization"] = f"Bearer {token}"

    def call(self, method, path, body=None, **headers):
        """(status, JSON answer, milliseconds from the first byte sent to the last received)."""
        content = json.dumps(body).encode() if body is not None else None
        began = time.perf_counter()
        self.connection.request(method, path, content, {**self.headers, **headers})
        answer = self.connection.getresponse()
        received = answer.read()
        took = (time.perf_counter() - began) * 1000
        return answer.status, json.loads(received), took

    def must(self, method, path, body=None, **headers):
        """As `call`, for an answer that has to be a good one: (JSON, milliseconds)."""
        status, answer, took = self.call(method, path, body, **headers)
        if status >= 300:
            raise RuntimeError(f"{method} {path}: {status} {answer}")
        return answer, took
