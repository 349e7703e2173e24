"""Asking about a licence from another system: one licence of one holder, for a stated purpose.

Only an exact pair of licence number and holder's number answers, so nobody can list or guess; every
question is counted against the reader's day before it is looked up, and every answer is journalled
where its holder reads it. (国务院令716号 §§7, 11; the interface's form is our own, GB/T 36906 is not
claimed.)
"""

from __future__ import annotations

import hmac
import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from yichuang.accounts import vault
from yichuang.accounts.actor import Actor
from yichuang.documents.rules import SEALED
from yichuang.journal.actions import record
from yichuang.licences import issuing, rules
from yichuang.licences.models import Licence, Reader
from yichuang.verdict import Refusal

QUERIED = "licence.queried"
# One statement: raised and read at once, so that two questions never count as one.
_RAISE = """
INSERT INTO licences_dailyqueries (reader_id, day, count) VALUES (%s, %s, 1)
ON CONFLICT (reader_id, day) DO UPDATE SET count = licences_dailyqueries.count + 1
RETURNING count
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is told. metadata: element (a key of rules.METADATA) → value. file_id: the sealed file,
    for a reader who asked for it."""

    metadata: dict[str, Any]
    state: str
    state_name: str
    facts: tuple[tuple[str, str], ...]
    file_id: uuid.UUID | None


def ask(
    *,
    number: str,
    identity: str,
    purpose: str,
    with_file: bool,
    by: Actor,
    at: datetime,
) -> Answer:
    """The licence with this number, if its holder has this very number.

    Raises "reader-unknown" (403) for a post without leave, "too-many-queries" (429),
    "licence-unknown" (404) alike for a wrong number, holder or type, what check_words says of
    `purpose`.
    """
    rules.check_words(purpose, what=_("用途"), limit=rules.PURPOSE_LIMIT, least=4).enforce()
    today = timezone.localdate(at)
    reader = _reader(by, today)
    _count(reader, today)
    with transaction.atomic():
        licence = _exact(number, identity)
        if licence is None or licence.type_id not in reader.types:
            licence = None
        else:
            record(
                kind=QUERIED,
                by=by,
                at=at,
                stream=licence.stream,
                payload={
                    "number": licence.number,
                    "reader": reader.name,
                    "purpose": purpose.strip(),
                    "file": with_file,
                },
            )
    if licence is None:
        raise Refusal(
            "licence-unknown",
            _("没有找到这位持证人的这张证照。"),
            remedy=_("请核对证照编号和持证人证件号码。"),
            status=404,
        )
    state = rules.standing(licence.state, licence.valid_from, licence.valid_to, today)
    paper = licence.paper
    return Answer(
        metadata=_metadata(licence),
        state=state,
        state_name=str(rules.STANDINGS[state]),
        facts=tuple((one["label"], one["value"]) for one in paper.content[issuing.KIND]["facts"]),
        file_id=paper.file_id if with_file else None,
    )


def _reader(by: Actor, today: date) -> Reader:
    reader = Reader.objects.filter(post_id=by.post_id, ended_at=None, valid_to__gte=today).first()
    if reader is None or by.post_id is None:
        raise Refusal(
            "reader-unknown",
            _("这个令牌的岗位没有证照查询授权，或者授权已到期。"),
            remedy=_("请向县局申请。"),
            status=403,
        )
    return reader


def _count(reader: Reader, today: date) -> None:
    """In a transaction of its own: a question that finds nothing counts as well."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_RAISE, [reader.pk, today])
        count = cursor.fetchone()[0]
    if count > reader.daily_limit:
        raise Refusal(
            "too-many-queries",
            _("今天的查询次数（%(limit)s次）已经用完。") % {"limit": reader.daily_limit},
            remedy=_("请明天再查；次数不够的，请向县局申请调整。"),
            status=429,
        )


def _exact(number: str, identity: str) -> Licence | None:
    """The sealed licence with this number whose holder has this one; both must match."""
    row = (
        Licence.objects.filter(number=number.strip(), paper__state=SEALED)
        .select_related("type", "paper", "organ")
        .first()
    )
    if row is None:
        return None
    kind = "identity" if row.holder_kind == rules.PERSON else "credit-code"
    asked = vault.blind_index(identity, kind=kind)
    return row if hmac.compare_digest(bytes(row.identity_index), asked) else None


def _metadata(row: Licence) -> dict[str, Any]:
    """By the keys of rules.METADATA. The holder's number comes masked: whoever asks has it."""
    place = {"table": issuing.TABLE, "row": str(row.pk), "column": "name"}
    person = row.holder_kind == rules.PERSON
    return {
        "identifier": rules.identifier(row.pk),
        "type_name": row.type.name,
        "type_code": row.type.catalogue_code,
        "number": row.number,
        "issuer": row.paper.organ_name,
        "issuer_code": row.organ_id,
        "issued_on": timezone.localdate(row.issued_at),
        "holder": vault.open_(row.name_sealed, **place),
        "holder_kind": str(rules.HOLDERS[row.holder_kind]),
        "holder_number": row.identity_mask,
        "holder_number_kind": _("公民身份号码") if person else _("统一社会信用代码"),
        "valid_from": row.valid_from,
        "valid_to": row.valid_to,
        "state": row.state,
        "file_digest": row.paper.sha256,
    }
