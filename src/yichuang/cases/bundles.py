"""一件事: several items applied for with one form, opened in their order, shown as one matter.

A link is an ordinary case once it is open; nothing in a case's life knows of bundles
(docs/decisions/0014). What comes of the cases is read from the journal (`follow`).
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from yichuang.accounts import roles
from yichuang.accounts.actor import Actor
from yichuang.authority import queries as authority
from yichuang.authority.queries import ItemFacts, Order
from yichuang.cases import (
    bundle_permissions,
    chain_rules,
    held,
    intake,
    joint,
    lifecycle,
    opening,
    permissions,
    promises,
    rules,
    step,
    tracking,
)
from yichuang.cases.bundle_opening import (
    MACHINE,
    carry_on,
    counter_of,
    judged_share,
    link_facts,
    naming,
)
from yichuang.cases.joint import BundleRequest, JointMaterial
from yichuang.cases.models import Bundle, Case, Link
from yichuang.cases.opening import Judged
from yichuang.cases.step import Taken
from yichuang.catalogue import queries as catalogue
from yichuang.catalogue.queries import ChainSheet
from yichuang.documents.numbering import next_number
from yichuang.files import queries as stored
from yichuang.journal.actions import Wanted, record_all
from yichuang.journal.outbox import Task
from yichuang.journal.queries import EntrySheet
from yichuang.journal.reader import follow as follow_journal
from yichuang.verdict import Refusal

__all__ = ["BundleReceipt", "BundleRequest", "JointMaterial", "mark_guided_done", "take_in"]

READER = "cases.bundles"
AFTER = "cases.after-bundle"  # the papers of the cases opened together, and what follows
LETTER = "L"  # in the number, where a case has its outlet's letter (our choice: no rule was found)
# what a case's last events mean to the bundle it belongs to
ENDS: Mapping[str, str] = {
    "case.grant": chain_rules.DONE,
    "case.grant_on_spot": chain_rules.DONE,
    "case.refuse": chain_rules.FAILED,
    "case.decline": chain_rules.FAILED,
    "case.terminate": chain_rules.FAILED,
    "case.revoke_result": chain_rules.FAILED,
    "case.withdraw": chain_rules.WITHDRAWN,
}


@dataclass(frozen=True, slots=True)
class BundleReceipt:
    """What a face shows after a step of a bundle. cases: the numbers of those that opened now."""

    bundle_id: uuid.UUID
    number: str
    seq: int
    cases: tuple[str, ...] = ()
    replayed: bool = False


# -- taking in -------------------------------------------------------------------------------------


def take_in(*, request: BundleRequest, by: Actor, at: datetime) -> BundleReceipt:
    """Take the whole matter in: its number, its links, and a case for each item that can begin.

    One transaction; the same idempotency key gives the same receipt. At a counter an item whose
    materials are all there is accepted, another is told once what it lacks; a village receives; from
    home everything is filed for checking. Raises Refusal: what chain_rules.check_choice says, and
    what opening.judged says of any item, with the item's name in front: then nothing is taken in.
    """
    bundle_permissions.may_take_in(by, request).enforce(status=403)
    digest = request.digest()
    try:
        with transaction.atomic():
            return _taken_in(request, digest, by, at)
    except (IntegrityError, Refusal) as error:
        earlier = Bundle.objects.filter(idempotency_key=request.idempotency_key).first()
        if earlier is None:
            raise error
        if earlier.request_digest != digest:
            raise Refusal(
                "idempotency-key-reused",
                _("这个提交标识已经用于另一份申请（%(number)s）。") % {"number": earlier.number},
                remedy=_("请重新打开表单再提交。"),
                status=409,
            ) from None
        return replace(receipt_of(earlier.pk), replayed=True)


def receipt_of(bundle_id: uuid.UUID) -> BundleReceipt:
    """The receipt of a bundle as it stands now, with every case that was opened. 2 SQL."""
    bundle = Bundle.objects.get(pk=bundle_id)
    links = Link.objects.filter(bundle=bundle, case__isnull=False).order_by("seq")
    opened = tuple(links.values_list("case__number", flat=True))
    return BundleReceipt(bundle.pk, bundle.number, bundle.seq, opened)


def _taken_in(request: BundleRequest, digest: str, by: Actor, at: datetime) -> BundleReceipt:
    today = timezone.localdate(at)
    order = authority.order()
    chain = catalogue.chain_sheet(request.chain_code, today)
    chain_rules.check_choice(chain.steps, set(request.chosen) - set(request.have)).enforce()
    chain_rules.check_choice(chain.steps, request.chosen).enforce()
    bundle_id = uuid.uuid4()
    columns = joint.rows_of(request, bundle_id, today)
    _check_handed_in(request, by)
    links = _links(chain, request, at)
    names = {each.seq: each.item_name for each in chain.steps}
    counters: dict[int, str] = {}
    for link in links:
        if link.state == chain_rules.WAITING:
            with naming(names[link.seq]):
                counters[link.seq] = counter_of(order, link.item_id, request, today)
    opens_on = {each.seq: each.opens_on for each in chain.steps}
    moves = chain_rules.moves(link_facts(links, opens_on, counters))
    found: list[Judged] = []
    asked: list[ItemFacts] = []
    for link in links:
        if not counters.get(link.seq):
            link.state = moves.get(link.seq, link.state)
            continue
        with naming(names[link.seq]):
            item = order.item(link.item_id, today)
            share = joint.share(
                request,
                item,
                bundle_id=bundle_id,
                seq=link.seq,
                outlet_code=counters[link.seq],
            )
            asked.append(item)
            refs = {each.position: each.held_ref for each in share.materials if each.held_ref}
            index = columns["identity_index"]
            held.check_refs(order, item, refs, identity_index=index, on=today, by=by)
            if moves.get(link.seq) == chain_rules.OPEN:
                new = judged_share(share, order, by=by, at=at, accepts=by.role != roles.VILLAGE)
                link.case, link.state = new.case, chain_rules.OPEN
                found.append(new)
            else:
                joint.check_waiting(item, share)
    joint.check_known(request, asked)
    bundle = Bundle(
        id=bundle_id,
        number=_number(order, request.outlet_code, today),
        chain_version_id=chain.version_id,
        state=_state("running", links),
        place_id=request.place_code,
        outlet_id=request.outlet_code,
        channel=request.channel,
        delivery_method=request.delivery,
        filed_at=at,
        owner_user=by.person_id if by.role == roles.RESIDENT else None,
        tracking_index=tracking.index(tracking.code(bundle_id)),
        idempotency_key=request.idempotency_key,
        request_digest=digest,
        **columns,
    )
    bundle.save(force_insert=True)
    opened = opening.write(found, order=order, by=by, at=at)
    for link in links:
        link.bundle = bundle
    Link.objects.bulk_create(links)
    payload = {"chain": request.chain_code, "chosen": [link.seq for link in links]}
    _enter(bundle, "bundle.taken_in", payload, links, by=by, at=at, own=opened)
    return _receipt(bundle, opened)


def _links(chain: ChainSheet, request: BundleRequest, at: datetime) -> list[Link]:
    needed = chain_rules.needs(chain.steps, request.chosen, request.have)
    return [
        Link(
            seq=each.seq,
            item_id=each.item_code,
            needs=list(needed[each.seq]),
            state=chain_rules.GUIDED_DONE if each.seq in request.have else chain_rules.WAITING,
            changed_at=at,
        )
        for each in chain.steps
        if each.seq in request.chosen
    ]


def _number(order: Order, outlet_code: str, today: date) -> str:
    division = order.outlet(outlet_code).division_code
    serial = next_number(series=f"bundle:{division}", year=today.year)
    return f"{division}{LETTER}{today.year}{serial:06d}"


def _check_handed_in(request: BundleRequest, by: Actor) -> None:
    """Whose the files are, and who promises: judged once, also for what begins later."""
    if any(each.state == rules.PROMISED for each in request.materials):
        promises.check_signer(
            on_behalf=request.on_behalf, how=request.promised_how, by=by
        ).enforce()
    stored.check_own(request.files, by)


# -- what comes of the cases -----------------------------------------------------------------------


def follow(*, at: datetime, limit: int = 200) -> int:
    """Read what happened to cases, and carry their bundles on; how many entries were read."""

    def handle(entry: EntrySheet) -> None:
        state = ENDS.get(entry.kind)
        if state is None:
            return
        case_id = entry.stream.removeprefix("case:")
        found = Link.objects.filter(case_id=case_id).values_list("bundle_id", "seq")
        for bundle_id, seq in found:  # none, or one
            bundle = Bundle.objects.select_for_update().get(pk=bundle_id)
            link = Link.objects.get(bundle=bundle, seq=seq)
            if link.state in (chain_rules.OPEN, chain_rules.DONE):
                why = {"why": entry.kind}
                _moved(bundle, {seq: state}, "bundle.moved", why, by=MACHINE, at=at)

    return follow_journal(READER, handle, limit=limit)


def _moved(
    bundle: Bundle,
    changes: Mapping[int, str],
    kind: str,
    payload: Mapping[str, Any],
    *,
    by: Actor,
    at: datetime,
    own: Sequence[Taken] = (),
) -> BundleReceipt:
    """Set links to what became of them, and open, block or spare what waited. own: steps of cases
    that belong to the same act. The caller holds the bundle's row."""
    links = list(Link.objects.filter(bundle=bundle).order_by("seq"))
    for link in links:
        if link.seq in changes:
            link.state, link.changed_at = changes[link.seq], at
    opened = carry_on(bundle, links, authority.order(), at=at)
    Link.objects.bulk_update(links, ["state", "case", "note", "changed_at"])
    bundle.state = _state(bundle.state, links)
    bundle.seq += 1
    Bundle.objects.filter(pk=bundle.pk).update(state=bundle.state, seq=bundle.seq)
    _enter(bundle, kind, payload, links, by=by, at=at, own=own, opened=opened)
    return _receipt(bundle, opened)


def _state(state: str, links: Sequence[Link]) -> str:
    over = state == "running" and chain_rules.finished([link.state for link in links])
    return "done" if over else state


def mark_guided_done(
    *, bundle_id: uuid.UUID, seq: int, link_seq: int, by: Actor, at: datetime
) -> BundleReceipt:
    """The applicant did elsewhere what they were guided to; what waited for it may begin.

    Refusal "link-not-guided", "case-moved-on" (409), "case-not-found" (404), "not-yours" (403).
    """
    with transaction.atomic():
        bundle = _locked(bundle_id, seq, by)
        link = Link.objects.filter(bundle=bundle, seq=link_seq).first()
        if link is None or link.state != chain_rules.GUIDED:
            raise Refusal(
                "link-not-guided",
                _("这一项现在不用标记。"),
                remedy=_("请刷新页面，看看它到了哪一步。"),
                status=409,
            )
        changes = {link_seq: chain_rules.GUIDED_DONE}
        return _moved(bundle, changes, "bundle.guided_done", {"link": link_seq}, by=by, at=at)


def withdraw(
    *,
    bundle_id: uuid.UUID,
    seq: int,
    only: Collection[int] = (),
    reason: str,
    by: Actor,
    at: datetime,
) -> BundleReceipt:
    """Take back the matter, or `only` some of its links; open cases among them are withdrawn.

    What has been decided stays decided; what needed a withdrawn link is blocked, the rest goes on.
    Refusal "nothing-to-withdraw" and as mark_guided_done, or what withdrawing a case refuses.
    """
    step.check_lengths("withdraw", reason)
    rules.check_private(reason).enforce()
    with transaction.atomic():
        bundle = _locked(bundle_id, seq, by)
        gone, own = [], []
        for link in Link.objects.filter(bundle=bundle).order_by("seq"):
            if (only and link.seq not in only) or link.state not in chain_rules.UNSETTLED:
                continue
            if link.case_id is not None:
                case = Case.objects.select_for_update().get(pk=link.case_id)
                if case.state not in lifecycle.OPEN_STATES:  # decided; the reader will say so
                    continue
                own.append(
                    intake.withdrawn(case_id=case.pk, seq=case.seq, reason=reason, by=by, at=at)
                )
            gone.append(link.seq)
        if not gone:
            raise Refusal(
                "nothing-to-withdraw",
                _("没有还可以撤回的事项。"),
                remedy=_("已经有结果的不能撤回；请刷新页面看看现在的情况。"),
                status=409,
            )
        if not only:
            bundle.state = "withdrawn"
        return _moved(
            bundle,
            dict.fromkeys(gone, chain_rules.WITHDRAWN),
            "bundle.withdrawn",
            {"gone": gone, "reason": reason},
            by=by,
            at=at,
            own=own,
        )


def _locked(bundle_id: uuid.UUID, seq: int, by: Actor) -> Bundle:
    bundle = Bundle.objects.select_for_update().filter(pk=bundle_id).first()
    if bundle is None or not bundle_permissions.may_see(by, bundle):
        raise permissions.unseen()
    bundle_permissions.may_act(by, bundle).enforce(status=403)
    if bundle.seq != seq:
        raise Refusal(
            "case-moved-on",
            _("这件事刚刚有了新的进展，您的操作没有保存。"),
            remedy=_("请刷新页面，按最新情况办理。"),
            status=409,
            detail={"seq": bundle.seq},
        )
    return bundle


def _enter(
    bundle: Bundle,
    kind: str,
    payload: Mapping[str, Any],
    links: Sequence[Link],
    *,
    by: Actor,
    at: datetime,
    own: Sequence[Taken] = (),
    opened: Sequence[Taken] = (),
) -> None:
    """The bundle's entry and those of the cases that belong to the act, in one append; then those
    that the platform opened by itself. One task for all."""
    papers = [str(new.paper.paper_id) for new in (*own, *opened) if new.paper]
    told = {
        "number": bundle.number,
        "state": bundle.state,
        "links": {str(link.seq): link.state for link in links},
        "cases": [new.case.number for new in (*own, *opened)],
        **payload,
    }
    first = Wanted(
        kind=kind,
        stream=bundle.stream,
        seq=bundle.seq,
        payload=told,
        tasks=[Task(AFTER, {"papers": papers})],
    )
    record_all([first, *(replace(new.entry, tasks=()) for new in own)], by=by, at=at)
    if opened:
        record_all([replace(new.entry, tasks=()) for new in opened], by=MACHINE, at=at)


def _receipt(bundle: Bundle, opened: Sequence[Taken]) -> BundleReceipt:
    return BundleReceipt(
        bundle.pk, bundle.number, bundle.seq, tuple(new.case.number for new in opened)
    )
