"""One archive that brings an installation back: database, files, journal heads, keys.

The database is copied through its own means (SQLite's online backup, pg_dump), so a backup may be
taken while cases are being handled. Files are written before the rows that name them, so copying
the database first can never leave a row without its file. A restore goes into an empty home and
is believed only when the journal and every file's hash verify.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.utils.translation import gettext as _

from yichuang.files import storage
from yichuang.files.models import StoredFile
from yichuang.journal import heads
from yichuang.journal.models import Head
from yichuang.journal.verify import verify
from yichuang.verdict import Refusal

Progress = Callable[[str, int, int], None]
FORMAT = 1
SQLITE, POSTGRES = "database.sqlite3", "database.dump"


@dataclass(frozen=True, slots=True)
class Made:
    """What an archive holds."""

    files: int
    journal_size: int
    bytes: int


def backup(target: Path, *, at: datetime, secrets: bool, progress: Progress) -> Made:
    """Write the archive `target` (0600, complete or not at all). Refusal "backup-exists"."""
    if target.exists():
        raise Refusal(
            "backup-exists",
            _("%(path)s已经存在，不会覆盖。") % {"path": target},
            remedy=_("请换一个文件名。"),
        )
    folders = [("files", settings.FILES_ROOT), ("heads", settings.HEADS_ROOT)]
    if secrets:
        folders.append(("secrets", settings.HOME / "secrets"))
    with tempfile.TemporaryDirectory(dir=target.resolve().parent) as scratch:
        dump = Path(scratch) / (SQLITE if connection.vendor == "sqlite" else POSTGRES)
        progress(_("复制数据库"), 0, 1)
        _dump(dump)
        paths = [
            (f"{name}/{path.relative_to(root)}", path)
            for name, root in folders
            if root.exists()
            for path in sorted(root.rglob("*"))
            if path.is_file() and "incoming" not in path.relative_to(root).parts
        ]
        head = Head.objects.first()
        size = head.size if head else 0
        facts = {"format": FORMAT, "at": at.isoformat(), "database": dump.name, "secrets": secrets}
        draft = Path(scratch) / "archive.tar"
        with tarfile.open(draft, "w") as archive:
            _add(archive, "backup.json", json.dumps(facts).encode())
            archive.add(dump, dump.name)
            for done, (name, path) in enumerate(paths):
                archive.add(path, name)
                progress(_("复制文件"), done + 1, len(paths))
        os.chmod(draft, 0o600)
        with draft.open("rb") as handle:
            os.fsync(handle.fileno())
        os.replace(draft, target)
    return Made(len(paths), size, target.stat().st_size)


def restore(source: Path, *, home: Path, progress: Progress) -> Made:
    """Unpack `source` into the empty `home` and verify it. Refusals: "home-not-empty",
    "backup-unreadable", "backup-not-whole" (a hash or the journal does not verify)."""
    if _occupied(home):
        raise Refusal(
            "home-not-empty",
            _("数据目录%(home)s里已有数据，不会覆盖。") % {"home": home},
            remedy=_("请先停止服务并移走原目录，或用 YICHUANG_HOME 指到空目录。"),
        )
    progress(_("解开备份"), 0, 1)
    try:
        with tarfile.open(source) as archive:
            names = archive.getnames()
            archive.extractall(home, filter="data")
        facts = json.loads((home / "backup.json").read_text(encoding="utf-8"))
    except (tarfile.TarError, OSError, ValueError, KeyError) as error:
        raise Refusal(
            "backup-unreadable",
            _("这个文件不是完整的备份：%(error)s") % {"error": error},
            remedy=_("请换一份备份。"),
        ) from error
    _undump(home, facts["database"])
    call_command("migrate", interactive=False, verbosity=0)
    files = list(StoredFile.objects.values_list("sha256", flat=True).distinct())
    for done, digest in enumerate(files):
        path = storage.place(Path(settings.FILES_ROOT), digest)
        if not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            raise _not_whole(_("文件%(digest)s缺失或已损坏") % {"digest": digest[:12]})
        progress(_("核对文件"), done + 1, len(files))
    report = verify(heads.exported_heads() if (home / "heads").exists() else ())
    if not report.ok:
        raise _not_whole("；".join(finding.sentence for finding in report.findings[:3]))
    (home / "backup.json").unlink()
    return Made(len(names) - 2, report.size, source.stat().st_size)


def _occupied(home: Path) -> bool:
    """A home is empty while it holds nothing but what settings made on loading (secrets)."""
    database = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return Path(database).exists() or (home / "files").exists()
    return bool(connection.introspection.table_names()) or (home / "files").exists()


def _dump(target: Path) -> None:
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        with closing(sqlite3.connect(target)) as copy:
            connection.connection.backup(copy)
        return
    _run(["pg_dump", "--format=custom", "--no-owner", "--file", str(target), _conninfo()])


def _undump(home: Path, name: str) -> None:
    if (connection.vendor == "sqlite") != (name == SQLITE):
        raise _not_whole(_("备份的数据库种类与DATABASE_URL不同"))
    if connection.vendor == "sqlite":
        connection.close()
        shutil.move(home / name, connection.settings_dict["NAME"])
        return
    _run(["pg_restore", "--no-owner", "--exit-on-error", "--dbname", _conninfo(), str(home / name)])
    (home / name).unlink()


def _conninfo() -> str:
    """libpq's own form; the password goes by the environment, never on the command line."""
    given = connection.settings_dict
    parts = {
        "dbname": given["NAME"],
        "user": given["USER"],
        "host": given["HOST"],
        "port": given["PORT"],
    }
    return " ".join(f"{key}={value}" for key, value in parts.items() if value)


def _run(command: list[str]) -> None:
    environment = {**os.environ, "PGPASSWORD": connection.settings_dict["PASSWORD"] or ""}
    try:
        subprocess.run(command, check=True, capture_output=True, env=environment)
    except FileNotFoundError as error:
        raise Refusal(
            "tool-missing",
            _("没有找到%(tool)s。") % {"tool": command[0]},
            remedy=_("请安装PostgreSQL的客户端程序。"),
        ) from error
    except subprocess.CalledProcessError as error:
        raise Refusal(
            "database-tool-failed",
            _("%(tool)s失败：%(error)s")
            % {"tool": command[0], "error": error.stderr.decode(errors="replace")[-400:]},
            remedy=_("请按提示处理后重试。"),
        ) from error


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    archive.addfile(entry, io.BytesIO(content))


def _not_whole(reason: str) -> Refusal:
    return Refusal(
        "backup-not-whole",
        _("恢复的数据没有通过核验：%(reason)s。") % {"reason": reason},
        remedy=_("请不要启用这份数据，换一份备份重新恢复。"),
    )
