"""`yichuang serve`: makes everything ready, then runs the web server and the worker.

`make run` stands on it. What was prepared is remembered in $YICHUANG_HOME/prepared.json, so that a
second start only looks and does not repeat. Everything is kept; nothing here deletes data.
"""

from __future__ import annotations

import fcntl
import hashlib
import http.client
import json
import os
import socket
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import translation
from django.utils.translation import gettext as _

from yichuang.faces.operations.commands import cli
from yichuang.faces.operations.commands.group import answers
from yichuang.project import checks, texts
from yichuang.project.supervisor import Child, Supervisor

READY_WITHIN = 60.0
RECEIVERS = "32"  # bodies that may be on their way in at once; how many are worked on, wsgi.py says


def terminal_language() -> str:
    """Chinese in a Chinese terminal, else English."""
    chosen = next(
        (os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), ""
    )
    return "zh-hans" if chosen.startswith("zh") else "en"


def say(text: str) -> None:
    click.echo(text)
    sys.stdout.flush()


def is_free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def digest(paths: Iterable[tuple[str, Path]], *, content: bool) -> str:
    """One hash over files: by content, or (many, rarely changed) by name, size and time."""
    total = hashlib.sha256()
    for name, path in sorted(paths):
        total.update(name.encode())
        if content:
            total.update(hashlib.sha256(path.read_bytes()).digest())
        else:
            stat = path.stat()
            total.update(f"{stat.st_size}:{stat.st_mtime_ns}".encode())
    return total.hexdigest()


def pack_digest(pack: Path) -> str:
    files = (path for path in pack.rglob("*") if path.is_file())
    return digest(((str(path.relative_to(pack)), path) for path in files), content=True)


def static_digest() -> str:
    files = (
        (name, Path(storage.path(name)))
        for finder in get_finders()
        for name, storage in finder.list([])
    )
    return digest(files, content=False)


def migrate() -> bool:
    """Bring the tables up to date; whether there was anything to do."""
    executor = MigrationExecutor(connection)
    if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return False
    call_command("migrate", interactive=False, verbosity=0)
    return True


class Prepared:
    """What earlier starts have done, and for which database."""

    def __init__(self, home: Path) -> None:
        self.path = home / "prepared.json"
        self.facts: dict[str, str] = {}
        if self.path.exists():
            self.facts = json.loads(self.path.read_text(encoding="utf-8"))

    def is_done(self, step: str, state: str) -> bool:
        return self.facts.get(step) == state

    def done(self, step: str, state: str) -> None:
        self.facts[step] = state
        texts.replace(self.path, json.dumps(self.facts, indent=1).encode())


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """One start at a time in one data folder: another waits here, then finds everything made."""
    with (home / "preparing.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the kernel lets go of it however we end
        yield


def prepare(pack: Path | None) -> None:
    """Tables, style sheets and, in demo mode, the county pack and fictional people."""
    with alone(settings.HOME):
        _prepare(pack)


def _prepare(pack: Path | None) -> None:
    prepared = Prepared(settings.HOME)
    checks.refuse_errors()
    if migrate():
        say(_("数据库已建好。"))
        prepared.facts.pop("pack", None)
    state = static_digest()
    manifest = settings.STATIC_ROOT / "staticfiles.json"
    if not prepared.is_done("static", state) or not manifest.exists():
        call_command("collectstatic", interactive=False, verbosity=0)
        prepared.done("static", state)
    if pack is None or not settings.DEMO:
        return
    state = f"{settings.DATABASES['default']['NAME']} {pack_digest(pack)}"
    if not prepared.is_done("pack", state):
        with translation.override(settings.LANGUAGE_CODE):  # what is stored is stored in Chinese
            cli.main(["load", str(pack)], standalone_mode=False)
            cli.main(["demo", str(pack)], standalone_mode=False)
        prepared.done("pack", state)


def children(host: str, port: int) -> list[Child]:
    environment = {
        "DJANGO_SETTINGS_MODULE": "yichuang.project.settings",
        "PORT": str(port),
        "PYTHONUNBUFFERED": "1",
    }
    web = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host,
        "--port", str(port), "--workers", "1", "--blocking-threads", RECEIVERS,
        "--log-level", "warning", "--no-ws", "yichuang.project.wsgi:application",
    ]  # fmt: skip
    worker = [sys.executable, "-m", "yichuang.project.worker"]
    # the demo's worker tells every message it would have sent: too much beside an address to read
    log = settings.HOME / "worker.log" if settings.DEMO else None
    return [Child("web", web, environment), Child("worker", worker, environment, log)]


def is_ready(port: int) -> bool:
    ask = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        ask.request("GET", "/healthz/ready", headers={"Host": "127.0.0.1"})
        return ask.getresponse().status == 200
    except OSError:
        return False
    finally:
        ask.close()


def announce(address: str) -> None:
    say("")
    say(_("已就绪：%(address)s （按 Ctrl-C 停止）") % {"address": address})
    say(_("数据目录：%(home)s") % {"home": settings.HOME})
    if settings.DEMO:
        say(_("后台任务日志：%(path)s") % {"path": settings.HOME / "worker.log"})
        language = terminal_language()
        with translation.override(language):  # the group sets its own language, and keeps it
            cli.main(["--lang", language[:2], "demo-logins"], standalone_mode=False)


def serve(port: int, *, host: str = "127.0.0.1", pack: Path | None = None) -> int:
    """Prepare and run until stopped; the exit code (0 stopped, 1 a part would not stay up)."""
    texts.compile_all()  # before anything is said: a language once read is not read again
    with translation.override(terminal_language()):
        if not is_free(host, port):
            say(
                _("端口 %(port)d 已被占用。请换一个端口：PORT=%(other)d make run")
                % {"port": port, "other": port + 1}
            )
            return 1
        say(_("正在准备……"))
        prepare(pack)
        connection.close()
        supervisor = Supervisor(
            children(host, port),
            died=lambda child, code: say(
                _("%(name)s 意外退出（代码 %(code)d），正在重新启动。")
                % {"name": child.name, "code": code}
            ),
            gave_up=lambda child: say(
                _("%(name)s 连续多次启动失败，已全部停止。原因见日志。") % {"name": child.name}
            ),
        )
        supervisor.listen()
        supervisor.start()
        announced = False
        deadline = time.monotonic() + READY_WITHIN

        def watch() -> None:
            nonlocal announced
            if not announced and is_ready(port):
                announced = True
                announce(f"http://{host}:{port}/")
            elif not announced and time.monotonic() > deadline:
                announced = True
                say(_("启动已超过一分钟仍未就绪，请查看上面的日志。"))

        code = supervisor.run(watch=watch)
        say(_("已停止。数据都在。"))
        return code


@click.command(name="serve")
@click.option(
    "--port", type=click.IntRange(1, 65535), envvar="PORT", default=8000, show_default=True
)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option(
    "--pack",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="County pack to load in demo mode.",
)
@answers
def command(port: int, host: str, pack: Path | None) -> None:
    """Prepare the database and run the web server and the worker until Ctrl-C."""
    sys.exit(serve(port, host=host, pack=pack))
