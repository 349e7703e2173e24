"""What people call things: searches that found nothing, and the sayings that answer them."""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from yichuang.accounts.actor import Actor
from yichuang.catalogue import search, wording
from yichuang.catalogue.models import Alias, Item, SearchMiss
from yichuang.catalogue.permissions import may_edit
from yichuang.journal.actions import record
from yichuang.verdict import Refusal

logger = logging.getLogger(__name__)

LONGEST_MISS = 40
MOST_MISSES = 3000
KEPT = timedelta(days=30)
LONGEST_ALIAS = 60
_DIGITS = re.compile(r"\d[\dxX\s-]*")
_LONG_NUMBER = re.compile(r"\d(?:[\s-]*\d){5}")


def note_miss(text: str, on: date) -> None:
    """Count a question that found nothing. Not journalled: it is a figure, nobody's act
    (docs/decisions/0013-misses-counted-on-reading.md).

    Kept without numbers (a run of digits becomes #) and at most LONGEST_MISS characters. What was
    asked once and not again within KEPT is forgotten; beyond MOST_MISSES rows a new text is not
    taken in. 1 to 5 SQL.
    """
    text = as_miss(text)
    if not text:
        return
    with transaction.atomic():
        rows = SearchMiss.objects.filter(pk=text)
        if rows.update(count=F("count") + 1, last_on=on):
            rows.filter(state="answered").update(state="open")  # the answer was none
            return
        SearchMiss.objects.filter(count=1, last_on__lt=on - KEPT).delete()
        if SearchMiss.objects.count() < MOST_MISSES:
            SearchMiss.objects.bulk_create(
                [SearchMiss(text=text, first_on=on, last_on=on)], ignore_conflicts=True
            )


def note_if_vain(text: str, hits: Sequence[search.Hit], on: date) -> None:
    """Count a question that found nothing, or nothing likely. Failing to count fails no search."""
    if search.doubtful(hits):
        try:
            note_miss(text, on)
        except DatabaseError:
            logger.warning("a search in vain was not counted", exc_info=True)


def as_miss(text: str) -> str:
    """A question as it may be kept: one line, without numbers, short; "" when nothing is left."""
    masked = _DIGITS.sub("#", _one_line(text[: LONGEST_MISS * 8]))
    return " ".join(masked.split())[:LONGEST_MISS].strip() if masked.strip("# ") else ""


def _one_line(text: str) -> str:
    """The text in usual signs: full-width ones narrowed, unseen ones gone."""
    plain = unicodedata.normalize("NFKC", text)
    plain = "".join(" " if unicodedata.category(sign)[0] in "CZ" else sign for sign in plain)
    return " ".join(plain.split())


def add_alias(*, item_code: str, said: str, text: str = "", by: Actor, at: datetime) -> None:
    """Let an item be found by a saying. text: the unanswered question that it answers, if any.

    Refusals "item-unknown", "alias-empty", "alias-too-long", "alias-has-number" (it is entered in
    the journal for good, where nobody's number belongs), "alias-exists" (409).
    """
    may_edit(by).enforce(status=403)
    said = _one_line(said)
    if _LONG_NUMBER.search(said):
        raise Refusal(
            "alias-has-number",
            _("说法里有一长串数字，没有保存。"),
            remedy=_("请删去电话、证件号码，只写群众平常的叫法。"),
            field="said",
        )
    if not wording.normalise(said):
        raise Refusal(
            "alias-empty",
            _("没有写说法。"),
            remedy=_("请写群众平常的叫法，如“准生证”。"),
            field="said",
        )
    if len(said) > LONGEST_ALIAS:
        raise Refusal(
            "alias-too-long",
            _("说法不超过%(count)d个字。") % {"count": LONGEST_ALIAS},
            remedy=_("请写短一些，只留关键的词。"),
            field="said",
        )
    with transaction.atomic():
        index = search.locked()
        if not Item.objects.filter(pk=item_code).exists():
            raise Refusal(
                "item-unknown",
                _("没有代码为“%(code)s”的事项。") % {"code": item_code},
                remedy=_("请核对事项代码。"),
                status=404,
            )
        try:
            with transaction.atomic():
                Alias.objects.create(
                    item_id=item_code, said=said, added_by=by.journal_record(), added_at=at
                )
        except IntegrityError as error:
            raise Refusal(
                "alias-exists",
                _("这个事项已经有“%(said)s”这个说法。") % {"said": said},
                remedy=_("不用再加。"),
                status=409,
                field="said",
            ) from error
        if text:
            SearchMiss.objects.filter(pk=as_miss(text)).update(state="answered")
        search.renew(index, item_code)
        payload = {"item": item_code, "said": said, "answers": as_miss(text)}
        record(kind="catalogue.alias-added", by=by, at=at, payload=payload)


def remove_alias(*, item_code: str, said: str, by: Actor, at: datetime) -> None:
    """Take back a saying that was added here; those of the pack are changed there.

    Refusal "alias-unknown".
    """
    may_edit(by).enforce(status=403)
    with transaction.atomic():
        index = search.locked()
        if not Alias.objects.filter(item=item_code, said=said).delete()[0]:
            raise Refusal(
                "alias-unknown",
                _("没有找到这个补充的说法。"),
                remedy=_("县包里的说法请在县包中修改。"),
                status=404,
            )
        search.renew(index, item_code)
        payload = {"item": item_code, "said": said}
        record(kind="catalogue.alias-removed", by=by, at=at, payload=payload)


def dismiss_miss(*, text: str, by: Actor, at: datetime) -> None:
    """Say that an unanswered question needs no answer. Refusal "miss-unknown"."""
    may_edit(by).enforce(status=403)
    with transaction.atomic():
        if not SearchMiss.objects.filter(pk=text, state="open").update(state="dismissed"):
            raise Refusal(
                "miss-unknown",
                _("没有找到这条未找到的问法，或者已经处理过。"),
                remedy=_("请刷新列表。"),
                status=404,
            )
        record(kind="catalogue.miss-dismissed", by=by, at=at, payload={"text": text})
