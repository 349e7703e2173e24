"""Whether a paper somebody holds is the one that was issued.

The ledger of file hashes comes first: bytes that are in it are the paper, bytes that are not
never pass, whatever their signatures say (readers accept some altered files). The signatures then
only help to say what is wrong. Any failure to read means "cannot confirm", never "valid".
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import itertools
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.utils.translation import gettext as _

from yichuang.documents import check, queries, signing
from yichuang.documents.queries import PublicFacts
from yichuang.verdict import Refusal

VALID, ALTERED, UNKNOWN, CANNOT_CONFIRM = "valid", "altered", "unknown", "cannot_confirm"
MAX_BYTES = 20 * 1024 * 1024
# A child may run this long (and compute for `check.CPU_SECONDS`); honest files take a quarter of a
# second, most of it loading the reader.
_SECONDS = 8
# Files examined at once in this installation: strangers may not occupy every core.
CHILDREN = max(1, (os.cpu_count() or 1) // 2)
_PATIENCE = 1.0  # seconds to wait for a place
_MAX_ENDINGS = 100
_MAX_CODES = 20
_CODE = re.compile(rb"[0-9A-HJKMNP-TV-Z]{5}(?:-[0-9A-HJKMNP-TV-Z]{5}){3}-[0-9A-HJKMNP-TV-Z]{6}")


@dataclass(frozen=True, slots=True)
class Verification:
    """state: valid, altered, unknown or cannot_confirm. sentence: for the person who asked.

    facts: the issued paper it is, or claims to be; None when it is none of ours.
    """

    state: str
    sentence: str
    facts: PublicFacts | None = None


def verify_code(typed: str) -> PublicFacts:
    """The issued paper a code belongs to, to be compared with the one in hand.

    Raises Refusal "verify-code-unknown" (404), the same for a malformed and for an unknown code.
    """
    facts = queries.facts_by_code(typed)
    if facts is None:
        raise Refusal(
            "verify-code-unknown",
            _("没有找到这个核验码对应的文书。"),
            remedy=_("请对照文书左下角重新输入 26 位核验码；仍然查不到的，请联系发文机关核实。"),
            status=404,
        )
    return facts


def verify_bytes(data: bytes) -> Verification:
    """Whether these bytes are a paper as it was issued. Never raises for what a file contains.

    Raises Refusal "verify-busy" (503) when too many files are being examined at this moment; a file
    that the ledger knows is answered all the same.
    """
    if not data:
        return Verification(CANNOT_CONFIRM, _("文件是空的，无法核验。请上传收到的原始 PDF 文件。"))
    if len(data) > MAX_BYTES:
        return Verification(
            CANNOT_CONFIRM,
            _("文件超过 20 MB，本平台的文书没有这么大，无法核验。请上传收到的原始 PDF 文件。"),
        )
    own = queries.facts_by_hashes([hashlib.sha256(data).hexdigest()])
    if own is not None:
        return Verification(VALID, _("这是本平台签发的文书，内容与签发时完全一致，没有改动。"), own)
    if b"%PDF-" not in data[:1024]:
        return Verification(
            CANNOT_CONFIRM,
            _("这不是 PDF 文件，无法核验。请上传收到的原始 PDF 文件，或者输入纸面上的核验码。"),
        )
    begun = queries.facts_by_hashes(_earlier_versions(data))
    if begun is not None:
        return Verification(
            ALTERED,
            _("文件在签发之后被追加了内容，不能采信。请以平台登记的文书为准。"),
            begun,
        )
    codes = itertools.islice(_CODE.finditer(data), _MAX_CODES)
    claimed = queries.facts_by_codes({found[0].decode("ascii") for found in codes})
    if claimed is not None:
        return Verification(
            ALTERED,
            _("文件自称是下列文书，但与签发时登记的文件不一致，不能采信。请以平台登记的文书为准。"),
            claimed,
        )
    return _by_signature(data)


def _by_signature(data: bytes) -> Verification:
    examined = _examine_apart(data)
    ours = [signature for signature in examined["signatures"] if signature["ours"]]
    if any(signature["sound"] for signature in ours):
        return Verification(
            CANNOT_CONFIRM,
            _("文件带有本平台的有效签章，但签发台账里没有登记，暂时无法确认。请联系发文机关核实。"),
        )
    if ours:
        return Verification(ALTERED, _("文件带有本平台的签章，但签章之后被改动过，不能采信。"))
    if examined["problem"]:
        return Verification(CANNOT_CONFIRM, _problem(examined["problem"]))
    return Verification(
        UNKNOWN,
        _("这不是本平台签发的文书。如果它自称由本平台签发，请不要采信，并向发文机关核实。"),
    )


def _problem(problem: str) -> str:
    if problem == "encrypted":
        return _("文件加了密码，无法核验。本平台的文书不加密码，请上传收到的原始 PDF 文件。")
    if problem in ("hybrid", "trailing"):
        return _(
            "文件的结构不寻常，不同的阅读器可能显示不同的内容，无法核验。请上传收到的原始 PDF 文件。"
        )
    return _("文件无法读取，可能不完整或者已经损坏，无法核验。请重新下载后再试。")


def _earlier_versions(data: bytes) -> list[str]:
    """Hashes of the file as it was at each of its endings: what was there before an addition."""
    hashes, digest, done = [], hashlib.sha256(), 0
    for found in itertools.islice(re.finditer(rb"%%EOF(\r\n|\n|\r)?", data), _MAX_ENDINGS):
        for end in sorted({found.start() + 5, found.end()}):
            digest.update(data[done:end])
            done = end
            hashes.append(digest.hexdigest())
    return hashes


def _examine_apart(data: bytes) -> dict[str, Any]:
    """What `check` finds, in a child with limits; "unreadable" when it fails in any way."""
    command = [sys.executable, "-m", check.__name__]
    environment = {
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LANG": "C.UTF-8",
    }
    known = json.dumps(sorted(signing.ours())).encode("ascii") + b"\n"
    with _slot():
        try:
            child = subprocess.run(
                command,
                input=known + data,
                capture_output=True,
                timeout=_SECONDS,
                env=environment,
                close_fds=True,
                check=False,
            )
            if child.returncode == 0:
                return json.loads(child.stdout)
        except (OSError, subprocess.SubprocessError, ValueError):
            pass
    return {"problem": "unreadable", "signatures": []}


@contextlib.contextmanager
def _slot() -> Iterator[None]:
    """One of the few places for a child, counted over every process of this installation.

    A place is a locked file: it is free again however its holder ends. Refusal "verify-busy".
    """
    folder = Path(settings.HOME) / "checks"
    folder.mkdir(exist_ok=True, mode=0o700)
    with contextlib.ExitStack() as stack:
        handles = [stack.enter_context((folder / str(n)).open("w")) for n in range(CHILDREN)]
        patience = time.monotonic() + _PATIENCE
        while not any(_lock(handle) for handle in handles):
            if time.monotonic() > patience:
                raise Refusal(
                    "verify-busy",
                    _("现在核验文件的人比较多，请稍后再试。"),
                    remedy=_("也可以输入文书左下角的核验码，马上就能查到。"),
                    status=503,
                )
            time.sleep(0.05)
        yield


def _lock(handle: IO[str]) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
