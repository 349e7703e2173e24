"""What `yichuang doctor` looks at. Each check says what it found and what to do."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from django_q.models import OrmQ

from yichuang.accounts.models import User
from yichuang.authority.models import Standing
from yichuang.clock.queries import calendar
from yichuang.documents import guard as documents_guard
from yichuang.documents import ledger, signing
from yichuang.documents.queries import unfinished
from yichuang.faces.operations.health import WITNESS_LATE, is_migrated
from yichuang.journal import heads, witness
from yichuang.journal.models import Head
from yichuang.journal.queries import readers
from yichuang.messages.queries import figures

LOW_DISK = 2 * 1024**3
HORIZON = timedelta(days=60)  # the longest ordinary promise still has to fit
STUCK = timedelta(minutes=10)
LINES = 100  # of the seal ledger's end that doctor looks at


@dataclass(frozen=True, slots=True)
class Check:
    """One finding. found: a sentence; remedy: what to do where it is not ok."""

    name: str
    ok: bool
    found: str
    remedy: str = ""
    soon: bool = False  # nothing is wrong yet, but the remedy has a date


def examine(at: datetime) -> list[Check]:
    """Every check, in the order in which one thing stands on another."""
    found = [_database(), _migrations()]
    if not found[-1].ok:
        return found
    rest: tuple[Callable[[datetime], Check], ...] = (
        _county,
        _calendar,
        _papers,
        _seals,
        _queue,
        _messages,
        _readers,
        _journal,
        _witnesses,
        _disk,
        _secrets,
        _demo_people,
    )
    return found + [check(at) for check in rest]


def _database() -> Check:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT sqlite_version()")
            version = cursor.fetchone()[0]
            cursor.execute("PRAGMA journal_mode")
            mode = cursor.fetchone()[0]
            cursor.execute("PRAGMA synchronous")
            level = cursor.fetchone()[0]
            return Check(
                _("数据库"),
                mode == "wal" and level == 2,
                f"SQLite {version}, journal_mode={mode}, synchronous={level}",
                _("须为WAL和FULL：请不要改动数据库的PRAGMA。"),
            )
        cursor.execute("SHOW server_version")
        version = cursor.fetchone()[0]
        cursor.execute("SHOW synchronous_commit")
        commit = cursor.fetchone()[0]
    return Check(
        _("数据库"),
        commit != "off",
        f"PostgreSQL {version}, synchronous_commit={commit}",
        _("请把synchronous_commit设为on。"),
    )


def _migrations() -> Check:
    ok = is_migrated()
    return Check(
        _("数据表"),
        ok,
        _("是最新的") if ok else _("还没有更新"),
        _("请运行 make run 或 yichuang load。"),
    )


def _county(at: datetime) -> Check:
    ok = Standing.objects.exists()
    return Check(
        _("县包"), ok, _("已装入") if ok else _("没有装入"), _("请运行 yichuang load 县包目录。")
    )


def _calendar(at: datetime) -> Check:
    last = max(calendar().years, default=0)
    ok = timezone.localdate(at + HORIZON).year <= last
    return Check(
        _("工作日历"),
        bool(last) and timezone.localdate(at).year <= last,
        _("公布到%(year)s年") % {"year": last},
        _(
            "国务院办公厅公布下一年放假安排后，请补入县包的calendar.csv并重新装入；在此之前，跨年的期限暂不承诺。"
        ),
        soon=not ok,
    )


def _papers(at: datetime) -> Check:
    waiting = len(unfinished(at - STUCK))
    return Check(
        _("文书"),
        not waiting,
        _("%(count)d份超过10分钟没有签章") % {"count": waiting},
        _("请看后台任务进程是否在运行、磁盘是否已满。"),
    )


def _seals(at: datetime) -> Check:
    """The ledger's triggers, its last lines, and where the keys are; the whole: verify-ledger."""
    provider, last = signing.state(), ledger.tail(LINES)
    guarded = documents_guard.stands(connection)
    found = [finding.sentence for finding in last.findings]
    if not guarded:
        found.append(_("台账的防改触发器不在"))
    if not provider.ready:
        found.append(_("签章密钥现在不能用"))
    return Check(
        _("用印"),
        not found,
        "；".join(found)
        or _("台账末%(rows)d行完整；签章密钥：%(kind)s。%(warning)s")
        % {"rows": last.rows, "kind": provider.kind, "warning": provider.warning},
        _("请运行 yichuang verify-ledger 查明；密钥设备恢复后自动补签。"),
    )


def _queue(at: datetime) -> Check:
    overdue = OrmQ.objects.filter(lock__lt=at - STUCK).count()
    return Check(
        _("任务队列"),
        not overdue,
        _("%(count)d个任务等了10分钟以上") % {"count": overdue},
        _("请看后台任务进程是否在运行。"),
    )


def _messages(at: datetime) -> Check:
    found = figures(at)
    if found.late:
        return Check(
            _("消息"),
            False,
            _("%(count)d条消息过了该发的时间10分钟还没有发") % {"count": found.late},
            _("请看后台任务进程是否在运行、短信通道是否已配置并能连上。"),
        )
    return Check(
        _("消息"),
        True,
        _("待发%(waiting)d条，发不出去%(dead)d条，未处理的对账差异%(open)d条")
        % {"waiting": found.waiting, "dead": found.dead, "open": found.open_differences},
        _("请县局在督查统计的“消息”页重发、放弃或说明差异。"),
        soon=bool(found.dead or found.open_differences),
    )


def _readers(at: datetime) -> Check:
    stopped = [reader for reader in readers() if reader.error]
    return Check(
        _("日志读者"),
        not stopped,
        "；".join(f"{r.name} @{r.next_index}: {r.error}" for r in stopped) or _("都正常"),
        _("请按提示的错误处理；处理后会自动继续。"),
    )


def _journal(at: datetime) -> Check:
    head = Head.objects.first()
    size = head.size if head else 0
    exported = sorted(
        int(path.stem)
        for path in settings.HEADS_ROOT.glob("[0-9]*.json")
        if heads.HEAD_NAME.fullmatch(path.name)
    )
    return Check(
        _("日志树根"),
        bool(exported) or size == 0,
        _("日志%(size)d条，最近导出于第%(last)s条")
        % {"size": size, "last": exported[-1] if exported else "–"},
        _("请运行 yichuang verify-journal --export-head，并把导出的文件抄送监督机关。"),
    )


def _witnesses(at: datetime) -> Check:
    name = _("日志见证")
    alarms = witness.alarms()
    if alarms:
        return Check(
            name,
            False,
            _("日志的过去与别处保存的日志头对不上：")
            + "；".join(f"{each.name} {each.kind} {each.at}" for each in alarms),
            _(
                "请立即停止改动数据库，运行 yichuang verify-journal，并把heads目录里的alarm文件交监督机关；"
                "查清之后才可移走该文件。"
            ),
        )
    if not settings.WITNESSES:
        return Check(
            name,
            True,
            _("没有配置见证方"),
            _("请在 YICHUANG_WITNESSES 填写见证方的网址，日志头才有外单位保存。"),
            soon=True,
        )
    late = {state.name for state in witness.late(at, WITNESS_LATE)}
    return Check(
        name,
        not late,
        "；".join(_witness_said(state, state.name in late) for state in witness.states()),
        _("请核对见证方的网址、heads目录旁witnesses目录里的公钥和网络；每小时会自动重试。"),
    )


def _witness_said(state: witness.State, late: bool) -> str:
    when = (
        timezone.localtime(state.latest.moment).strftime("%Y-%m-%d %H:%M") if state.latest else ""
    )
    if not late and state.latest:
        return _("%(name)s于%(when)s副署第%(size)d条") % {
            "name": state.name,
            "when": when,
            "size": state.latest.size,
        }
    why = state.failure or _("这段时间没有试过，请看后台任务进程是否在运行。")
    if not when:
        return _("%(name)s从未副署：%(why)s") % {"name": state.name, "why": why}
    return _("%(name)s自%(when)s起没有副署：%(why)s") % {
        "name": state.name,
        "when": when,
        "why": why,
    }


def _disk(at: datetime) -> Check:
    free = shutil.disk_usage(settings.HOME).free
    return Check(
        _("磁盘"),
        free > LOW_DISK,
        _("剩余%(free).1f GB") % {"free": free / 1024**3},
        _("请清理或扩容；已保存的数据不会丢。"),
    )


def _secrets(at: datetime) -> Check:
    folder = settings.HOME / "secrets"
    loose = [
        path.name
        for path in (folder.iterdir() if folder.exists() else ())
        if path.is_file()
        and stat.S_IMODE(path.stat().st_mode) & 0o077
        and "public" not in path.name
        and path.suffix not in (".pem", ".crt", ".pub")
    ]
    return Check(
        _("密钥文件"),
        not loose,
        "、".join(loose) or _("权限正确"),
        _("请把这些文件的权限改为600。"),
    )


def _demo_people(at: datetime) -> Check:
    demo = User.objects.filter(demo=True, is_active=True).count()
    return Check(
        _("演示账户"),
        not (demo and settings.PRODUCTION),
        _("%(count)d个") % {"count": demo},
        _("正式环境不能有演示账户，请停用。"),
    )
