"""What an office has already, so that nobody need bring it again (优化营商环境条例 §44, 716号令 §7).

A reference says where a held material comes from: "id_reader"; "result:<case number>", what an
earlier case here granted; "material:<case number>:<position>", what was handed in with another
case; "licence:<id>", an electronic licence, by its holder's consent alone. A register of another organ ("shared:<register>") is not connected yet: the list marks such a
material, but nobody holds it.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from yichuang.accounts import roles
from yichuang.accounts.actor import Actor
from yichuang.authority.queries import ItemFacts, MaterialFacts, Order
from yichuang.cases import lifecycle, permissions
from yichuang.cases.models import Case, CaseMaterial
from yichuang.cases.rules import LICENCE, SUBMITTED
from yichuang.documents.models import Paper
from yichuang.journal.actions import record
from yichuang.licences.lending import Lendable, lendable
from yichuang.verdict import Refusal

READER = "id_reader"
GRANTING = ("grant_decision", "result_notice")
# a result that stands; what became of a delivered or closed case, its papers tell
_ENDED = (lifecycle.GRANTED, lifecycle.DELIVERED, lifecycle.CLOSED, lifecycle.ARCHIVED)
# about this very matter each time: a form, somebody's own words; and a card is shown each time
EACH_TIME = ("form", "statement", "identity")
AT_A_COUNTER = (roles.CLERK, roles.VILLAGE, roles.MANAGER)
MOST_CASES = 50  # of one person, the latest


@dataclass(frozen=True, slots=True)
class Held:
    """Where a material is held. ref: for MaterialEntry.held_ref; label: for people."""

    ref: str
    label: str

    @property
    def needs_consent(self) -> bool:
        """Whether only its holder may say that it is used."""
        return self.ref.startswith(LICENCE)


def already_held(
    order: Order, item: ItemFacts, *, identity_index: bytes, on: date, actor: Actor
) -> Mapping[int, Held]:
    """Position → what is held, among the cases that the actor may see anyway, and among the licences
    in a resident's own wallet. At most 4 SQL.

    A number typed at one counter does not tell what its holder applied for at another, or holds: for
    that there is `look_up`, which is recorded.
    """
    cases = _cases(identity_index, permissions.visible_to(actor))
    own = _own_licences(identity_index, on, actor)
    return _found(order, item, cases, on, at_counter=actor.role in AT_A_COUNTER, licences=own)


def held_by_item(
    order: Order, items: Sequence[ItemFacts], *, identity_index: bytes, on: date, actor: Actor
) -> Mapping[str, Mapping[int, Held]]:
    """As `already_held`, for several items at once: item code → position → what is held."""
    cases = _cases(identity_index, permissions.visible_to(actor))
    at_counter = actor.role in AT_A_COUNTER
    return {item.code: _found(order, item, cases, on, at_counter=at_counter) for item in items}


def of_bundle(
    order: Order, item: ItemFacts, *, identity_index: bytes, bundle_id: uuid.UUID, on: date
) -> Mapping[int, Held]:
    """As `already_held`, among the cases of one 一件事: what its earlier steps gave, and nothing else
    of the person."""
    cases = _cases(identity_index, Q(link__bundle=bundle_id))
    return _found(order, item, cases, on, at_counter=False)


def look_up(
    *, order: Order, item_code: str, identity_index: bytes, by: Actor, at: datetime
) -> Mapping[int, Held]:
    """As `already_held`, over the cases and licences of the whole county, at the wish of the applicant
    who stands at the counter. An access to somebody's file: entered in the journal as "personal-data.looked-up"
    with the cases it found. Refusal "not-a-window-post" (403).
    """
    if by.role not in AT_A_COUNTER:
        raise Refusal(
            "not-a-window-post",
            _("您现在的岗位不是窗口岗位，不能查找申请人的其他办件。"),
            remedy=_("请由窗口人员当着申请人的面查找。"),
            status=403,
        )
    today = timezone.localdate(at)
    item = order.item(item_code, today)
    with transaction.atomic():
        licences = lendable(identity_index=identity_index, on=today)
        cases = _cases(identity_index, Q())
        found = _found(order, item, cases, today, at_counter=True, licences=licences)
        seen = sorted({held.ref.split(":")[1] for held in found.values() if ":" in held.ref})
        record(
            kind="personal-data.looked-up",
            by=by,
            at=at,
            payload={"item": item_code, "purpose": "已有材料免交", "cases": seen},
        )
    return found


def check_refs(
    order: Order,
    item: ItemFacts,
    refs: Mapping[int, str],
    *,
    identity_index: bytes,
    on: date,
    by: Actor,
) -> None:
    """That each material is really held where its reference says, by this very applicant.

    Refusal "material-not-held". No SQL but for references to other cases, then at most 3, and to
    licences, then 1.
    """
    if not refs:
        return
    at_counter = by.role in AT_A_COUNTER
    licences: Sequence[Lendable] = ()
    if any(ref.startswith(LICENCE) for ref in refs.values()):
        owner = None if at_counter else by.person_id
        licences = lendable(identity_index=identity_index, on=on, owner=owner)
    elsewhere = any(":" in ref and not ref.startswith(LICENCE) for ref in refs.values())
    # a resident's own words open no other person's case
    own = Q() if at_counter else permissions.visible_to(by)
    cases = _cases(identity_index, own) if elsewhere else []
    for row in item.materials:
        ref = refs.get(row.position)
        here = _of(order, row, cases, on, at_counter=at_counter, licences=licences)
        if ref and ref not in {held.ref for held in here}:
            raise Refusal(
                "material-not-held",
                _("“%(name)s”没有在所说的地方找到，或者不是这位申请人的。") % {"name": row.name},
                remedy=_("请改为已交或待补，或重新核对已有材料。"),
                field="materials",
            )


@dataclass(frozen=True, slots=True)
class _Earlier:
    """An earlier case of the person: its result (the day granted, None for none) and materials."""

    number: str
    item_code: str
    item_name: str
    granted_on: date | None
    materials: Mapping[str, int]  # name → position


def _cases(identity_index: bytes, own: Q) -> list[_Earlier]:
    rows = list(
        Case.objects.filter(own, applicant__identity_index=identity_index)
        .exclude(state=lifecycle.REVOKED)
        .select_related("item_version")
        .order_by("-filed_at")[:MOST_CASES]
    )
    if not rows:
        return []
    granted, revoked = _results(rows)
    materials: dict[object, dict[str, int]] = {}
    handed_in = CaseMaterial.objects.filter(
        Q(file__isnull=False) | Q(case__state__in=_ENDED), case__in=rows, state=SUBMITTED
    )
    for case_id, name, position in handed_in.values_list("case_id", "name", "position"):
        materials.setdefault(case_id, {})[name] = position
    return [
        _Earlier(
            row.number,
            row.item_id,
            row.item_version.name,
            granted.get(row.stream) if row.stream not in revoked else None,
            materials.get(row.pk, {}),
        )
        for row in rows
    ]


def _results(rows: Iterable[Case]) -> tuple[dict[str, date], set[str]]:
    streams = [row.stream for row in rows if row.state in _ENDED]
    papers = Paper.objects.filter(stream__in=streams, kind__in=(*GRANTING, "revocation_decision"))
    granted, revoked = {}, set()
    for stream, kind, created_at in papers.values_list("stream", "kind", "created_at"):
        if kind in GRANTING:
            granted[stream] = timezone.localdate(created_at)
        else:
            revoked.add(stream)
    return granted, revoked


def _own_licences(identity_index: bytes, on: date, actor: Actor) -> Sequence[Lendable]:
    """What lies in a signed-in resident's wallet and belongs to the applicant."""
    if actor.role != roles.RESIDENT or actor.person_id is None:
        return ()
    return lendable(identity_index=identity_index, on=on, owner=actor.person_id)


def _found(
    order: Order,
    item: ItemFacts,
    cases: Collection[_Earlier],
    on: date,
    *,
    at_counter: bool,
    licences: Sequence[Lendable] = (),
) -> dict[int, Held]:
    found = {}
    for row in item.materials:
        here = _of(order, row, cases, on, at_counter=at_counter, licences=licences)
        first = next(here, None)
        if first is not None:
            found[row.position] = first
    return found


def _of(
    order: Order,
    row: MaterialFacts,
    cases: Collection[_Earlier],
    on: date,
    *,
    at_counter: bool,
    licences: Sequence[Lendable] = (),
) -> Iterator[Held]:
    """Everywhere one material is held, the best first."""
    if READER in row.held_from and at_counter:
        yield Held(READER, _("由身份证读卡器读取，不用留复印件"))
    for licence in licences:
        if row.name in licence.materials:
            yield Held(licence.ref, licence.label)
    wanted = {part.removeprefix("case:") for part in row.held_from if part.startswith("case:")}
    for case in cases:
        if case.item_code in wanted and case.granted_on is not None and case.granted_on <= on:
            yield Held(
                f"result:{case.number}",
                _("本县%(day)s办出的“%(item)s”结果（%(number)s）")
                % {"day": case.granted_on, "item": case.item_name, "number": case.number},
            )
    if row.kind in EACH_TIME:
        return
    for case in cases:
        if row.name in case.materials:
            yield Held(
                f"material:{case.number}:{case.materials[row.name]}",
                _("已随办件%(number)s交过") % {"number": case.number},
            )
