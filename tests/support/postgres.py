"""Runs a command with a PostgreSQL cluster of its own, and removes the cluster afterwards.

    python -m tests.support.postgres -- pytest tests/journal

Never touches a running server: the cluster lives in a temporary folder and listens on a Unix
socket inside it, on no network port. Its durability is the default (fsync on), as in production.
PostgreSQL refuses to run as root, so root starts it as the user `postgres`, else `nobody`.
Exit code: the command's own; 2 when PostgreSQL is missing or does not start.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import quote

PORT = "5432"  # names the socket file only


def programs() -> Path | None:
    """The folder of the newest complete set of server programs, or None."""
    folders = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"),
        key=lambda folder: float(folder.parent.name),
        reverse=True,
    )
    for name in ("initdb", "pg_ctl"):
        found = shutil.which(name)
        if found:
            folders.append(Path(found).parent)
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "pg_ctl").exists():
            return folder
    return None


def owner() -> str | None:
    """Whom to run the server as: nobody else unless we are root."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


class Cluster:
    """A throw-away cluster: `with Cluster() as url` gives its DATABASE_URL."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="yichuang-pg-"))
        self.data = self.folder / "data"
        self.user = owner()

    def run(self, *command: str | Path) -> None:
        account = {"user": self.user, "group": pwd.getpwnam(self.user).pw_gid} if self.user else {}
        log = self.folder / "steps.log"
        with log.open("ab") as out:
            done = subprocess.run(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                cwd=self.folder,
                env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
                check=False,
                **({**account, "extra_groups": []} if account else {}),
            )
        if done.returncode:
            raise RuntimeError(log.read_text(encoding="utf-8", errors="replace"))

    def __enter__(self) -> str:
        where = programs()
        if where is None:
            raise RuntimeError("PostgreSQL's server programs (initdb, pg_ctl) were not found.")
        self.programs = where
        if self.user:
            entry = pwd.getpwnam(self.user)
            os.chown(self.folder, entry.pw_uid, entry.pw_gid)
        self.run(
            where / "initdb", "--pgdata", self.data, "--username=yichuang", "--auth=trust",
            "--encoding=UTF8", "--locale=C", "--no-instructions",
        )  # fmt: skip
        (self.data / "postgresql.auto.conf").write_text(
            f"listen_addresses = ''\nport = {PORT}\nunix_socket_directories = '{self.folder}'\n"
            "log_min_messages = fatal\n",
            encoding="utf-8",
        )
        self.run(
            where / "pg_ctl", "--pgdata", self.data, "--log", self.folder / "server.log",
            "--wait", "--timeout=60", "start",
        )  # fmt: skip
        return f"postgresql://yichuang@:{PORT}/postgres?host={quote(str(self.folder), safe='')}"

    def __exit__(self, *_: object) -> None:
        if (self.data / "postmaster.pid").exists():
            self.run(self.programs / "pg_ctl", "--pgdata", self.data, "--mode=immediate", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)


def main(arguments: list[str]) -> int:
    command = arguments[1:] if arguments[:1] == ["--"] else arguments
    if not command:
        sys.stderr.write("usage: python -m tests.support.postgres -- COMMAND…\n")
        return 2
    cluster = Cluster()
    try:
        url = cluster.__enter__()
    except (RuntimeError, OSError) as error:
        cluster.__exit__()
        sys.stderr.write(f"PostgreSQL could not be started: {error}\n")
        return 2
    try:
        environment = {**os.environ, "DATABASE_URL": url, "YICHUANG_TEST_CLUSTER": "1"}
        child = subprocess.Popen(command, env=environment)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda received, _frame: child.send_signal(received))
        return child.wait()
    finally:
        cluster.__exit__()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
