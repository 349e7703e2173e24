"""Heads offered to witnesses, and what they answered.

A witness is another body's small server (docs/journal-format.md; `verifier/witness.py` is one). It keeps
the last head it accepted and co-signs the next one only with a proof that nothing before it changed.
Silence is retried every hour and blocks nothing, unless WITNESS_REQUIRED_HOURS says so. A refusal that
shows a head of our own which this journal does not contain is an alarm; a person takes it away.

In HEADS_ROOT, beside the heads: `<size>.<witness>.json`, a co-signature; `witness-<witness>.json`, the
latest one and the last failure; `alarm-<witness>.json`, the first contradiction ("journal" for one that
we found ourselves). The witnesses' public keys are in WITNESS_KEYS, put there by the operator.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.conf import settings
from django.utils.translation import gettext as _

from yichuang.journal import heads, queries, rules
from yichuang.journal.heads import ExportedHead, Vouched
from yichuang.journal.witness_rules import CONTRADICTIONS, Cosignature, too_old
from yichuang.verdict import YES, Refusal, Verdict, no

logger = logging.getLogger(__name__)

OWN = "journal"  # the name of an alarm that needed no witness
REFUSED = "refused:"  # before a word that is the witness's own
TIMEOUT = (5, 10)  # seconds to connect, and between two pieces of an answer
ANSWER_LIMIT = 64 * 1024
COSIGNATURE_NAME = re.compile(r"(0|[1-9][0-9]*)\.([a-z0-9-]+)\.json")


@dataclass(frozen=True, slots=True)
class State:
    """How one witness stands. latest: its newest co-signature; failure: why the last offer came to
    nothing, a sentence, "" when it did not fail."""

    name: str
    url: str
    latest: Cosignature | None
    failure: str
    failed_at: str


@dataclass(frozen=True, slots=True)
class Alarm:
    """A contradiction that somebody must look into. name: the witness, or OWN; kind: its word."""

    name: str
    kind: str
    at: str


class _Failed(Exception):
    """The offer came to nothing this time. code: as `_why` explains it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class _Contradicted(Exception):
    """The witness holds a head of ours that this journal does not continue."""

    def __init__(self, kind: str, kept: ExportedHead) -> None:
        super().__init__(kind)
        self.kind = kind
        self.kept = kept


def _why(code: str) -> str:
    """A failure's code as a sentence; the witness's own words are told as they are."""
    return {
        "no-head": _("还没有导出过日志头。"),
        "no-key": _("没有这个见证方的公钥。"),
        "unreachable": _("连不上见证方。"),
        "not-understood": _("见证方的答复看不懂，或者签名不成立。"),
        "clock": _("见证方的时钟与本机相差10分钟以上。"),
        "newer": _("见证方已经有更新的日志头。"),
        "contradicted": _("见证方不接受：它保存的日志头与现在的日志对不上。"),
        REFUSED + "unknown-journal": _("见证方还没有登记本平台的公钥。"),
    }.get(code, _("见证方没有接受：%(code)s。") % {"code": code.removeprefix(REFUSED)})


def offer(name: str, *, at: datetime) -> State:
    """Offer the newest exported head to one witness and keep what it answers; how it stands now.

    name: of settings.WITNESSES.  at: now, aware.  It talks to the network: never in a transaction.
    Whatever goes wrong there is kept as a failure and not raised; a contradiction is an alarm.
    """
    state = read_state(name)
    try:
        cosignature = _offered(name, state.latest.size if state.latest else 0, at)
    except _Failed as failed:
        logger.warning("The witness %s did not co-sign: %s.", name, failed.code)
        return _keep(name, state.latest, failed.code, at)
    except _Contradicted as found:
        alarm(name, found.kind, kept=found.kept, at=at)
        return _keep(name, state.latest, "contradicted", at)
    heads.replace(
        settings.HEADS_ROOT / f"{cosignature.size}.{name}.json",
        rules.canonical_json(cosignature.content()) + b"\n",
    )
    return _keep(name, cosignature, "", at)


def _offered(name: str, old: int, at: datetime) -> Cosignature:
    key = witness_key(name)
    if key is None:
        raise _Failed("no-key")
    try:
        head = heads.newest_head()
    except Refusal as refusal:
        raise _Failed(refusal.code) from refusal
    if head is None:
        raise _Failed("no-head")
    for _turn in range(2):  # the second time from the head that the witness says it keeps
        status, answer = _post(settings.WITNESSES[name], head, old)
        if status != 409:
            break
        old = _kept_size(answer)
    if status != 200:
        raise _Failed(_refusal(answer, head))
    try:
        cosignature = parse_cosignature(answer)
    except (ValueError, TypeError) as error:
        raise _Failed("not-understood") from error
    told = (cosignature.size, cosignature.root, cosignature.at)
    if told != (head.size, head.root, head.at) or not cosignature.genuine(log=head.key, key=key):
        raise _Failed("not-understood")
    if not cosignature.in_time(at):
        raise _Failed("clock")
    return cosignature


def _post(url: str, head: ExportedHead, old: int) -> tuple[int, dict[str, Any]]:
    """The witness's status and its JSON object; _Failed when there is none."""
    body = {"head": head.content(), "old": old, "proof": [each.hex() for each in _proof(old, head)]}
    with requests.Session() as session:
        # a proxy of the environment leads out, never to this machine itself
        session.trust_env = urlsplit(url).scheme == "https"
        try:
            with session.post(
                f"{url}/heads",
                data=rules.canonical_json(body),
                headers={"Content-Type": "application/json"},
                timeout=TIMEOUT,
                allow_redirects=False,
                stream=True,
            ) as response:
                content = b""
                for piece in response.iter_content(4096):
                    content += piece
                    if len(content) > ANSWER_LIMIT:
                        raise _Failed("not-understood")
        except OSError as error:
            raise _Failed("unreachable") from error
    try:
        return response.status_code, rules.strict_object(content.decode("utf-8"))
    except (ValueError, TypeError) as error:
        raise _Failed("not-understood") from error


def _proof(old: int, head: ExportedHead) -> Sequence[bytes]:
    """That `head` continues the first `old` entries; nothing where that cannot be shown, and then
    the witness says so."""
    try:
        return queries.consistency_proof(old, head.size) if old else ()
    except (ValueError, KeyError):
        return ()


def _kept_size(answer: dict[str, Any]) -> int:
    """The size that the witness keeps, once the head of that size is seen to be in our journal."""
    kept = _kept(answer)
    if kept is None:
        return 0  # the witness began anew
    _refuse_contradiction("stale", kept)
    return kept.size


def _refusal(answer: dict[str, Any], head: ExportedHead) -> str:
    """The code of a refusal; _Contradicted where it is about our past."""
    word = answer.get("refused")
    if not isinstance(word, str) or not re.fullmatch(r"[a-z-]{1,40}", word):
        return "not-understood"
    if word not in CONTRADICTIONS:
        return REFUSED + word
    kept = _kept(answer)
    if kept is None:
        return "not-understood"
    _refuse_contradiction(word, kept)
    if kept.size > head.size:
        return "newer"  # another process was quicker with a newer head
    # its head is in our journal, and still no proof convinces it: our subtrees or it are broken
    raise _Contradicted(word, kept)


def _kept(answer: dict[str, Any]) -> ExportedHead | None:
    """The head that the witness shows, if we signed it; _Failed when we did not."""
    if "kept" not in answer:
        return None
    try:
        kept = heads.exported_head(answer["kept"])
    except (ValueError, TypeError) as error:
        raise _Failed("not-understood") from error
    if not kept.genuine(heads.public_key()):
        raise _Failed("not-understood")
    return kept


def _refuse_contradiction(word: str, kept: ExportedHead) -> None:
    """Believe no word: is the head, which we once signed, part of this journal?"""
    try:
        contained = kept.size <= queries.head().size and rules.same(
            queries.root_at(kept.size), kept.root
        )
    except KeyError:  # an entry that keeps a subtree is gone
        contained = False
    if not contained:
        raise _Contradicted(word, kept)


def parse_cosignature(found: dict[str, Any]) -> Cosignature:
    """A co-signature from its members, whatever its signature; ValueError when they are not one's."""
    names = {"size", "root", "at", "log", "witnessed", "key", "signature"}
    fits = (
        set(found) == names
        and heads.is_statement(found)
        and heads.is_moment(found["witnessed"])
        and heads.is_hex(found["log"], heads.HASH)
        and heads.is_hex(found["key"], heads.HASH)
        and heads.is_hex(found["signature"], heads.SIGNATURE)
    )
    if not fits:
        raise ValueError("not a co-signature")
    return Cosignature(
        found["size"],
        bytes.fromhex(found["root"]),
        found["at"],
        bytes.fromhex(found["log"]),
        found["witnessed"],
        bytes.fromhex(found["key"]),
        bytes.fromhex(found["signature"]),
    )


# --- what is kept ----------------------------------------------------------------------------------


def witness_key(name: str) -> Ed25519PublicKey | None:
    """The public key in WITNESS_KEYS/<name>.pem; None when the operator has put none there, and
    for OWN, which is no witness's name: its key is the journal's in an export."""
    if name == OWN:
        return None
    path = settings.WITNESS_KEYS / f"{name}.pem"
    try:
        return heads.public_key(path)
    except (OSError, ValueError, TypeError):
        return None


def read_cosignature(path: Path, key: Ed25519PublicKey) -> Cosignature | None:
    """The co-signature in `path`, None unless `key` signed it for this journal."""
    try:
        found = parse_cosignature(heads.read_object(path))
    except (OSError, ValueError, TypeError):
        return None
    return found if found.genuine(log=heads.public_key().public_bytes_raw(), key=key) else None


def _keep(name: str, latest: Cosignature | None, failure: str, at: datetime) -> State:
    content = {
        "latest": latest.content() if latest else None,
        "failure": failure,
        "failed_at": rules.moment(at) if failure else "",
    }
    settings.HEADS_ROOT.mkdir(parents=True, exist_ok=True)
    heads.replace(
        settings.HEADS_ROOT / f"witness-{name}.json", rules.canonical_json(content) + b"\n"
    )
    return read_state(name)


def read_state(name: str) -> State:
    """How the witness stands, from its file; a co-signature that does not hold is none."""
    latest, failure, failed_at = None, "", ""
    try:
        text = (settings.HEADS_ROOT / f"witness-{name}.json").read_text(encoding="utf-8")
        found = rules.strict_object(text)
        failure, failed_at = str(found["failure"]), str(found["failed_at"])
        latest = parse_cosignature(found["latest"]) if found["latest"] else None
    except (OSError, ValueError, KeyError, TypeError):
        pass  # never offered, or a file that somebody spoilt: the next offer writes it anew
    key = witness_key(name)
    if latest and (
        key is None or not latest.genuine(log=heads.public_key().public_bytes_raw(), key=key)
    ):
        latest = None
    return State(
        name, settings.WITNESSES[name], latest, _why(failure) if failure else "", failed_at
    )


def states() -> tuple[State, ...]:
    """Every configured witness, by name."""
    return tuple(read_state(name) for name in sorted(settings.WITNESSES))


def alarm(name: str, kind: str, *, kept: ExportedHead | None = None, at: datetime) -> None:
    """Keep the first contradiction of this witness as a file: the head it shows, and ours."""
    logger.critical("The journal's past is contradicted by %s: %s.", name, kind)
    path = settings.HEADS_ROOT / f"alarm-{name}.json"
    if path.exists():
        return
    now = queries.head()
    settings.HEADS_ROOT.mkdir(parents=True, exist_ok=True)
    heads.replace(
        path,
        rules.canonical_json(
            {
                "at": rules.moment(at),
                "kind": kind,
                "kept": kept.content() if kept else None,
                "journal": {"size": now.size, "root": now.root.hex()},
            }
        )
        + b"\n",
    )


def alarms() -> tuple[Alarm, ...]:
    """Every contradiction that nobody has taken away; an unreadable file is one too."""
    found = []
    for path in sorted(settings.HEADS_ROOT.glob("alarm-*.json")):
        try:
            content = rules.strict_object(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, TypeError):
            content = {}
        found.append(
            Alarm(
                path.stem.removeprefix("alarm-"),
                str(content.get("kind", "")),
                str(content.get("at", "")),
            )
        )
    return tuple(found)


def late(at: datetime, hours: int) -> tuple[State, ...]:
    """The witnesses that have co-signed nothing for more than `hours`."""
    return tuple(
        state
        for state in states()
        if too_old(state.latest.moment if state.latest else None, at, hours)
    )


def overdue(at: datetime) -> Verdict:
    """Yes while evidence is fresh enough to go on; no ("evidence-overdue") when it is not.

    Always yes unless WITNESS_REQUIRED_HOURS is set. One witness in time is enough, for one kept
    copy is enough; but while an alarm stands nobody's co-signature helps. A few small files are read.
    For whoever seals: `witness.overdue(at).enforce(status=503)`.
    """
    hours = settings.WITNESS_REQUIRED_HOURS
    if not hours:
        return YES
    if not alarms() and len(late(at, hours)) < len(settings.WITNESSES):
        return YES
    return no(
        "evidence-overdue",
        _("日志已超过%(hours)d小时没有外部见证，暂停用印。") % {"hours": hours},
        remedy=_("请运维人员运行 yichuang doctor 查明原因；恢复后会自动继续。"),
    )


def vouched(folder: Path | None = None) -> tuple[list[Vouched], list[int]]:
    """(exported heads and co-signatures that are genuine, the sizes of those that are not).

    For verify. A co-signature of a witness without a key file is passed over.
    """
    folder = folder or settings.HEADS_ROOT
    own = heads.public_key()
    genuine: list[Vouched] = []
    refused: list[int] = []
    for path in sorted(folder.glob("*.json")):
        named = heads.HEAD_NAME.fullmatch(path.name) or COSIGNATURE_NAME.fullmatch(path.name)
        if not named or not path.is_file():
            continue
        found: ExportedHead | Cosignature | None
        if named.lastindex == 2:
            key = witness_key(named[2])
            if key is None:
                continue
            found = read_cosignature(path, key)
        else:
            try:
                found = heads.read_head(path, own)
            except Refusal:
                found = None
        if found is not None and found.size == int(named[1]):
            genuine.append(found)
        else:
            refused.append(int(named[1]))
    return genuine, refused
