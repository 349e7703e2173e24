"""What the issuing organ does with a licence, and how its holder puts it into their wallet.

Suspending, lifting and replacing are acts of a decider, with a reason. A licence is revoked only
with the decision that revokes the result it rests on (`issuing.revoke_with`).
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from yichuang.accounts import vault
from yichuang.accounts.actor import Actor
from yichuang.accounts.identifiers import credit_code, resident_number
from yichuang.accounts.models import Post, User
from yichuang.authority import queries as authority
from yichuang.authority.rules import Ruling
from yichuang.journal.actions import record, record_all
from yichuang.licences import issuing, permissions, rules
from yichuang.licences.models import Licence, LicenceType, Reader
from yichuang.verdict import Refusal


def suspend(*, licence_id: uuid.UUID, seq: int, reason: str, by: Actor, at: datetime) -> None:
    """Put a licence out of use for a while, with a reason. Raises "licence-unknown" (404),
    "not-yours" (403), "licence-moved-on", "licence-state" (409), what `rules.check_words` says."""
    _move("suspend", licence_id, seq, reason, by, at)


def lift(*, licence_id: uuid.UUID, seq: int, reason: str, by: Actor, at: datetime) -> None:
    """Put a suspended licence back into use. Raises as `suspend`."""
    _move("lift", licence_id, seq, reason, by, at)


def _move(
    event: str, licence_id: uuid.UUID, seq: int, reason: str, by: Actor, at: datetime
) -> None:
    with transaction.atomic():
        licence = _changed(event, licence_id, seq, reason, by, at)
        record(
            kind=f"licence.{_PAST[event]}",
            by=by,
            at=at,
            stream=licence.stream,
            seq=seq + 1,
            payload={"number": licence.number, "reason": reason.strip()},
        )


_PAST = {"suspend": "suspended", "lift": "lifted", "replace": "replaced"}


def replace(
    *,
    licence_id: uuid.UUID,
    seq: int,
    reason: str,
    corrections: Mapping[str, str] | None = None,
    by: Actor,
    at: datetime,
) -> Licence:
    """Issue a new licence in the place of one that was lost or is wrong; the old one is no longer
    good. corrections: printed label → right text. Raises as `suspend`; "correction-unknown";
    the ruling's refusal when the organ may no longer decide such matters."""
    wanted = {label: text.strip() for label, text in (corrections or {}).items() if text.strip()}
    for label, text in wanted.items():
        rules.check_words(text, what=label, limit=rules.REASON_LIMIT).enforce()
    with transaction.atomic():
        order = authority.order(lock=True)
        old = _changed("replace", licence_id, seq, reason, by, at)
        labels = {one["label"] for one in old.paper.content[issuing.KIND]["facts"]}
        if not set(wanted) <= labels:
            raise Refusal(
                "correction-unknown",
                _("要更正的内容证面上没有。"),
                remedy=_("请按证面上的栏目更正。"),
            )
        ruling = _ruling_now(order, old, at)
        new, entry = issuing.reissue(old, wanted, ruling=ruling, by=by, at=at)
        gone = issuing.Wanted(
            kind="licence.replaced",
            stream=old.stream,
            seq=seq + 1,
            payload={"number": old.number, "by": new.number, "reason": reason.strip()},
        )
        record_all([gone, entry], by=by, at=at)
    return new


def _ruling_now(order: authority.Order, old: Licence, at: datetime) -> Ruling:
    """The ruling derived afresh: it must still let this decider act in this organ's name."""
    asked = old.paper.content.get("ruling_of") or {}
    ruling = order.ruling(
        asked.get("item", old.item_code), asked["place"], asked["outlet"], timezone.localdate(at)
    )
    ruling.verdict.enforce(status=409)
    same = (ruling.codes["decider"], ruling.codes["in_name_of"]) == (
        old.decider_code,
        old.organ_id,
    )
    if not same:
        raise Refusal(
            "grant-gone",
            _("权限已经变化，本机关不再办理这类事项。"),
            remedy=_("请由现在的有权机关换发。"),
            basis=ruling.basis,
            status=409,
        )
    return ruling


def _changed(
    event: str, licence_id: uuid.UUID, seq: int, reason: str, by: Actor, at: datetime
) -> Licence:
    """The licence as it was, moved on; inside the caller's transaction and before its entry."""
    rules.check_words(reason, what=_("原因"), limit=rules.REASON_LIMIT, least=4).enforce()
    rows = Licence.objects.select_for_update(of=("self",)).select_related("type", "paper")
    licence = next(iter(rows.filter(pk=licence_id)), None)
    if licence is None or not permissions.may_see(by, licence):
        raise permissions.unseen()
    permissions.may_change(by, licence).enforce(status=403)
    if licence.seq != seq:
        raise _moved_on()
    rules.may_move(event, licence.state).enforce(status=409)
    changed = Licence.objects.filter(pk=licence.pk, seq=seq, state=licence.state).update(
        state=rules.MOVES[event][1], reason=reason.strip(), seq=seq + 1, changed_at=at
    )
    if not changed:
        raise _moved_on()
    return licence


def _moved_on() -> Refusal:
    return Refusal(
        "licence-moved-on",
        _("这张证照刚刚有了变化，您的操作没有保存。"),
        remedy=_("请刷新页面，按最新情况办理。"),
        status=409,
    )


# -- the wallet ------------------------------------------------------------------------------


def claim(*, identity: str, by: Actor, at: datetime) -> int:
    """Put into the wallet of the signed-in resident the licences of the person or unit with this
    number who gave this very phone when applying; how many. The phone was proved by signing in.

    Raises "licence-none-to-claim" (404), the same whether the number is unknown, the phone another
    one or the licence lies in another wallet: nobody learns who holds what.
    """
    index = _index(identity)
    with transaction.atomic():
        user = User.objects.filter(pk=by.person_id, kind=User.Kind.RESIDENT).first()
        phone = bytes(user.phone_index) if user and user.phone_index else b""
        mine = Licence.objects.select_for_update().filter(
            identity_index=index, phone_index=phone, owner_user=None
        )
        found = list(mine) if phone else []
        if not found:
            raise Refusal(
                "licence-none-to-claim",
                _("没有找到可以放进来的证照。"),
                remedy=_(
                    "请核对号码；办证时留的是别的手机号的，请用那个手机号登录；"
                    "由别人代办的，请联系颁发机关领取。"
                ),
                status=404,
            )
        Licence.objects.filter(pk__in=[row.pk for row in found], owner_user=None).update(
            owner_user=by.person_id
        )
        record(
            kind="licence.claimed",
            by=by,
            at=at,
            payload={"licences": [row.number for row in found]},
        )
    return len(found)


def _index(typed: str) -> bytes:
    """The blind index of a resident's number or a unit's code, whichever it is; what is wrong with
    the resident's number where it is neither."""
    try:
        return vault.blind_index(resident_number(typed).number, kind="identity")
    except Refusal as wrong:
        try:
            return vault.blind_index(credit_code(typed), kind="credit-code")
        except Refusal:
            raise wrong from None


# -- other systems ---------------------------------------------------------------------------


def admit(
    *,
    post_id: int,
    name: str,
    types: list[str],
    daily_limit: int,
    basis: str,
    valid_to: date,
    by: Actor,
    at: datetime,
) -> Reader:
    """Let the program that holds a post's token ask about licences of some types. By the bureau.

    Raises "not-your-post" (403), "post-unknown", "licence-type-unknown", "reader-shape".
    """
    permissions.may_admit(by).enforce(status=403)
    rules.check_words(basis, what=_("依据"), limit=rules.REASON_LIMIT, least=4).enforce()
    rules.check_words(name, what=_("对接系统"), limit=80, least=2).enforce()
    with transaction.atomic():
        if not Post.objects.filter(pk=post_id).exists():
            raise Refusal("post-unknown", _("没有这个岗位。"), remedy=_("请核对岗位编号。"))
        known = set(LicenceType.objects.filter(pk__in=types).values_list("pk", flat=True))
        if not types or known != set(types):
            raise Refusal(
                "licence-type-unknown",
                _("没有写证照类型，或者有本县没有的类型。"),
                remedy=_("请从证照类型里选。"),
            )
        if not 1 <= daily_limit <= 100_000:
            raise Refusal(
                "reader-shape",
                _("每日次数应在1到100000之间。"),
                remedy=_("请改正。"),
            )
        reader, _new = Reader.objects.update_or_create(
            post_id=post_id,
            defaults={
                "name": name.strip(),
                "types": sorted(types),
                "daily_limit": daily_limit,
                "basis": basis.strip(),
                "valid_to": valid_to,
                "admitted_by": by.journal_record(),
                "admitted_at": at,
                "ended_at": None,
            },
        )
        record(
            kind="licence-reader.admitted",
            by=by,
            at=at,
            payload={"post": str(post_id), "types": sorted(types), "limit": daily_limit},
        )
    return reader


def dismiss(*, reader_id: int, by: Actor, at: datetime) -> None:
    """End a reader's leave to ask. Raises "not-your-post" (403), "reader-unknown" (409)."""
    permissions.may_admit(by).enforce(status=403)
    with transaction.atomic():
        live = Reader.objects.filter(pk=reader_id, ended_at=None)
        if not live.update(ended_at=at):
            raise Refusal(
                "reader-unknown",
                _("没有这项查询授权，或者已经终止。"),
                remedy=_("请刷新页面。"),
                status=409,
            )
        record(kind="licence-reader.ended", by=by, at=at, payload={"reader": str(reader_id)})
