"""The life of a grant in the register, and what a change of grants would change. Pure.

Drafted by one person, approved by another, published with its notice, then only suspended,
lifted, revoked or run out: what is published is never rewritten. That two persons are asked for is
our choice; that the public is told is 行政许可法 §24.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from yichuang.accounts.identifiers import holds_resident_number
from yichuang.authority.facts import APPROVED, DRAFTED, DROPPED, EVERYWHERE, PUBLISHED, Grant, Place
from yichuang.authority.rules import Ruling
from yichuang.verdict import YES, Verdict, no


@dataclass(frozen=True, slots=True)
class Verb:
    """One step of a grant's life. comes_from: the states in which it may be taken; kind: how the
    journal calls it. other: by none of those who wrote the text."""

    name: Promise
    comes_from: tuple[str, ...]
    to: str
    kind: str
    other: bool = False


DRAFT, EDIT, APPROVE, PUBLISH = "draft", "edit", "approve", "publish"
SUSPEND, LIFT, REVOKE, DROP = "suspend", "lift", "revoke", "drop"
LIFE: Mapping[str, Verb] = {
    # a number that was given up may be used for another draft
    DRAFT: Verb(pgettext_lazy("grant", "起草"), (DROPPED,), DRAFTED, "authority.grant-drafted"),
    EDIT: Verb(
        pgettext_lazy("grant", "修改"), (DRAFTED, APPROVED), DRAFTED, "authority.grant-edited"
    ),
    APPROVE: Verb(
        pgettext_lazy("grant", "批准"), (DRAFTED,), APPROVED, "authority.grant-approved", True
    ),
    PUBLISH: Verb(
        pgettext_lazy("grant", "公布"), (APPROVED,), PUBLISHED, "authority.grant-published"
    ),
    SUSPEND: Verb(
        pgettext_lazy("grant", "暂停"), (PUBLISHED,), PUBLISHED, "authority.grant-suspended"
    ),
    LIFT: Verb(pgettext_lazy("grant", "恢复"), (PUBLISHED,), PUBLISHED, "authority.grant-lifted"),
    REVOKE: Verb(
        pgettext_lazy("grant", "撤销"), (PUBLISHED,), PUBLISHED, "authority.grant-revoked"
    ),
    DROP: Verb(
        pgettext_lazy("grant", "作废"), (DRAFTED, APPROVED), DROPPED, "authority.grant-dropped"
    ),
}
STATES: Mapping[str, Promise] = {
    DRAFTED: gettext_lazy("起草中"),
    APPROVED: gettext_lazy("已批准，待公布"),
    PUBLISHED: gettext_lazy("已公布"),
    DROPPED: gettext_lazy("已作废"),
}
BY_KIND: Mapping[str, str] = {verb.kind: name for name, verb in LIFE.items()}
DAY = timedelta(days=1)
SHORTEST_REASON, LONGEST_REASON = 4, 500


def may_happen(verb: str, state: str) -> Verdict:
    """Whether a grant in this state of the register may take this step."""
    row = LIFE[verb]
    if state in row.comes_from:
        return YES
    return no(
        "grant-not-now",
        _("这份文书现在是“%(state)s”，不能%(verb)s。") % {"state": STATES[state], "verb": row.name},
        remedy=_("请刷新页面，按最新情况办理。"),
    )


def two_people(person: int | None, authors: Collection[int]) -> Verdict:
    """Whoever wrote on the text does not approve it."""
    if person is None or person in authors:
        return no(
            "grant-own-work",
            _("您参与了这份文书的起草，要由另一个人批准。"),
            remedy=_("请由另一位有此职责的同事核对并批准。"),
        )
    return YES


def may_publish(
    grant: Grant, *, content_hash: str, approved_hash: str, noticed_on: date | None, today: date
) -> Verdict:
    """Whether the approved text may be published today: as approved, told to the public, and not
    backwards in time."""
    if not approved_hash or approved_hash != content_hash:
        return no(
            "grant-not-as-approved",
            _("文书内容与批准的不一致。"),
            remedy=_("请重新核对、重新批准后再公布。"),
        )
    if grant.valid_from < today:
        return no(
            "grant-begins-in-the-past",
            _("起始日%(day)s已经过去，权限不能往回授予。") % {"day": grant.valid_from.isoformat()},
            remedy=_("请把起始日改为今天或以后，重新批准。"),
        )
    if noticed_on is not None and noticed_on > today:
        return no(
            "grant-notice-to-come",
            _("公告日%(day)s还没有到。") % {"day": noticed_on.isoformat()},
            remedy=_("请在公告发布以后再公布文书。"),
            basis="行政许可法第24条",
        )
    return YES


def check_reason(reason: str) -> Verdict:
    """What is taken from an organ is taken with a reason."""
    said = reason.strip()
    if len(said) < SHORTEST_REASON:
        return no(
            "grant-reason-missing",
            _("没有写明依据和理由。"),
            remedy=_("请写明依据的文件或决定。"),
        )
    if len(said) > LONGEST_REASON:
        return no(
            "grant-reason-too-long",
            _("理由不能超过%(most)d个字。") % {"most": LONGEST_REASON},
            remedy=_("请写得简短些。"),
        )
    if holds_resident_number(said):
        return no(
            "identity-in-text",
            _("理由里写了身份证号码，没有保存：理由对外公开。"),
            remedy=_("请删去号码。"),
            basis="个人信息保护法第6条",
        )
    return YES


def may_end(grant: Grant, on: date, today: date) -> Verdict:
    """Whether a published grant may be revoked from a day on: what was done under it stands."""
    if grant.revoked_on is not None:
        return no(
            "grant-not-revocable",
            _("文书%(number)s不存在，或者已经撤销。") % {"number": grant.number},
            remedy=_("请核对文号。"),
        )
    return _not_past(on, today) and _not_over(grant, on)


def may_suspend(grant: Grant, starts_on: date, ends_on: date | None, today: date) -> Verdict:
    """Whether it may be suspended over these days, both inclusive."""
    if ends_on is not None and ends_on < starts_on:
        return no(
            "suspension-out-of-order",
            _("暂停的最后一天早于第一天。"),
            remedy=_("请核对两个日期；不定期暂停的，不填最后一天。"),
        )
    if any(
        (last is None or starts_on <= last) and (ends_on is None or first <= ends_on)
        for first, last in grant.suspensions
    ):
        return no(
            "grant-suspended-already",
            _("这几天文书%(number)s已经暂停。") % {"number": grant.number},
            remedy=_("请先恢复，或选没有暂停的日子。"),
        )
    return _not_past(starts_on, today) and _not_over(grant, starts_on)


def lifted(grant: Grant, on: date, today: date) -> tuple[date, date | None] | Verdict:
    """The suspension that holds on or after `on`, or the no: none does, or `on` has passed."""
    held = [(first, last) for first, last in grant.suspensions if last is None or on <= last]
    if not held:
        return no(
            "grant-not-suspended",
            _("文书%(number)s没有暂停，或者已经恢复。") % {"number": grant.number},
            remedy=_("请刷新页面，按最新情况办理。"),
        )
    return _not_past(on, today) and min(held)


def _not_past(on: date, today: date) -> Verdict:
    if on >= today:
        return YES
    return no(
        "grant-day-in-the-past",
        _("日期不能早于今天：此前据此作出的决定继续有效。"),
        remedy=_("请选今天或以后的日期。"),
    )


def _not_over(grant: Grant, on: date) -> Verdict:
    over = (grant.valid_to is not None and on > grant.valid_to) or (
        grant.revoked_on is not None and on >= grant.revoked_on
    )
    if not over:
        return YES
    return no(
        "grant-over",
        _("到那一天，文书%(number)s已经到期或撤销。") % {"number": grant.number},
        remedy=_("请核对日期。"),
    )


# -- what would change ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Side:
    """A ruling as the comparison shows it; a refusal has its sentence in `reason` alone."""

    decider: str = ""
    in_name_of: str = ""
    seal: str = ""
    grant: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """Rulings of one item at one kind of counter that change alike. places: names, in order."""

    item: str
    outlet: str
    before: Side
    after: Side
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """What a change of grants would change, from `on`. asked, changed: rulings counted."""

    on: date
    asked: int
    changed: int
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """One ruling asked for: codes. alike: the places that rule the same way, this one first."""

    item: str
    outlet: str
    alike: tuple[Place, ...]


Ask = Callable[[str, str, str], Ruling | None]
"""(item, place, outlet) → the ruling, None where there is nothing to ask (item not in force)."""


def alike(places: Iterable[Place], grants: Sequence[Grant]) -> list[tuple[Place, ...]]:
    """The places in groups that no ruling can tell apart: same town, and named by the same grants.

    A ruling looks at a place's town and at whether it lies in a grant's places; names apart, two of
    one group get the same ruling. 353 villages fall into a handful of groups.
    """
    named = sorted({code for grant in grants for code in grant.places if code != EVERYWHERE})
    groups: dict[tuple[str, frozenset[str]], list[Place]] = defaultdict(list)
    for place in places:
        groups[place.town_code, frozenset(c for c in named if place.lies_in(c))].append(place)
    return [tuple(group) for group in groups.values()]


def compare(questions: Iterable[Question], before: Ask, after: Ask, *, on: date) -> Preview:
    """Ask every question of both orders and put together what changes alike."""
    asked = changed = 0
    found: dict[tuple[str, str, Side, Side], list[str]] = defaultdict(list)
    for question in questions:
        place = question.alike[0].code
        old = before(question.item, place, question.outlet)
        new = after(question.item, place, question.outlet)
        if old is None or new is None:
            continue
        asked += len(question.alike)
        if same(old, new):
            continue
        changed += len(question.alike)
        one, other = side(old), side(new)
        found[question.item, question.outlet, one, other].extend(p.name for p in question.alike)
    changes = tuple(Change(*key, tuple(names)) for key, names in found.items())
    return Preview(on, asked, changed, changes)


def same(one: Ruling, other: Ruling) -> bool:
    """Whether two rulings send a matter the same way."""
    return (one.allowed, one.grant, dict(one.codes), one.code) == (
        other.allowed,
        other.grant,
        dict(other.codes),
        other.code,
    )


def side(ruling: Ruling) -> Side:
    if not ruling.allowed:
        return Side(reason=ruling.reason)
    return Side(ruling.decider, ruling.in_name_of, ruling.seal, ruling.grant)
