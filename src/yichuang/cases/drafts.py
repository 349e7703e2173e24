"""Applications begun at home: begun without an account, kept at every step, resumed by a link or by
signing in, filed once.

The content is sealed whole. The secret of the resume link is derived from the draft's id under the
index key (as tracking codes are), so it can be shown again and the database alone never gives it
away. A draft makes no journal entry: only filing it is an act.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from yichuang.accounts import roles, vault
from yichuang.accounts.actor import Actor
from yichuang.authority import queries as authority
from yichuang.authority.queries import Order
from yichuang.cases import bundles, chain_rules, draft_rules, fact_rules, filing, rules, step
from yichuang.cases.bundles import BundleReceipt
from yichuang.cases.draft_items import guide_of, may_apply, may_file
from yichuang.cases.draft_rules import Changes, Content
from yichuang.cases.held import Held, already_held
from yichuang.cases.joint import BundleRequest
from yichuang.cases.joint_guide import JointGuide
from yichuang.cases.models import Draft
from yichuang.catalogue import queries as catalogue
from yichuang.catalogue import situations
from yichuang.catalogue.queries import ItemGuide, MaterialSheet
from yichuang.documents.rules import normal_code, verify_code
from yichuang.files import actions as files
from yichuang.files.queries import DRAFT
from yichuang.verdict import Refusal, Verdict

OPEN, FILED, DROPPED = "open", "filed", "dropped"


@dataclass(frozen=True, slots=True)
class Begun:
    """A new draft and the secret of its link."""

    draft_id: uuid.UUID
    secret: str


@dataclass(frozen=True, slots=True)
class Opened:
    """A draft as it stands. item: the version in force today, whatever its state. content: fitted
    to it. kept: as it was stored, with answers that only an earlier version knows. changes: what
    changed since the draft's own version, None when nothing did or the applicant knows. held: what
    the office has already of a signed-in applicant, by position.
    filing: whether it could be filed as far as the item goes. case_id: once filed."""

    id: uuid.UUID
    secret: str
    seq: int
    state: str
    item: ItemGuide
    content: Content
    kept: Content
    held: Mapping[int, Held]
    changes: Changes | None
    filing: Verdict
    owner: int | None
    saved_at: datetime
    expires_on: date
    case_id: uuid.UUID | None
    bundle_id: uuid.UUID | None = None

    @property
    def chain(self) -> JointGuide | None:
        """The whole matter, where it is a 一件事."""
        return self.item if isinstance(self.item, JointGuide) else None

    @property
    def materials(self) -> tuple[MaterialSheet, ...]:
        """The exact list of the situation as answered so far."""
        return self.item.exact(self.content.situation)

    @property
    def outcome(self) -> situations.Outcome:
        return situations.outcome(self.item.situations, self.content.situation)


@dataclass(frozen=True, slots=True)
class Line:
    """A draft in its owner's list."""

    secret: str
    item_name: str
    item_name_en: str
    saved_at: datetime
    expires_on: date


def actor(draft_id: uuid.UUID, *, request_id: str = "") -> Actor:
    """Whoever fills in a draft without having signed in; files uploaded into it are theirs."""
    return Actor(
        None,
        "网上申请人",
        roles.RESIDENT,
        device=device(draft_id),
        channel="web",
        request_id=request_id,
    )


def device(draft_id: uuid.UUID) -> str:
    """How a draft is named as the place its files came from."""
    return f"{DRAFT}{draft_id}"


def begin(*, item_code: str, at: datetime, content: Content | None = None) -> Begun:
    """Begin an application. Refusals as `may_apply` (409), "item-unknown" (404)."""
    today = timezone.localdate(at)
    may_apply(authority.order(), item_code, today).enforce(status=409)
    item = catalogue.item_guide(item_code, today)
    draft_id = uuid.uuid4()
    secret = _secret(draft_id)
    Draft.objects.create(
        id=draft_id,
        resume_digest=_digest(secret),
        item_id=item_code,
        item_version_id=item.version_id,
        content_sealed=_sealed(draft_id, content or Content()),
        started_at=at,
        saved_at=at,
        expires_on=today + timedelta(days=draft_rules.LIFE_DAYS),
    )
    return Begun(draft_id, secret)


def begin_chain(
    *, chain_code: str, chosen: Sequence[int], have: Sequence[int] = (), at: datetime
) -> Begun:
    """Begin applying for a whole 一件事. Refusals: "chain-unknown" (404), chain_rules.check_choice."""
    today = timezone.localdate(at)
    chain = catalogue.chain_sheet(chain_code, today)
    chain_rules.check_choice(chain.steps, set(chosen) - set(have)).enforce()
    chain_rules.check_choice(chain.steps, chosen).enforce()
    draft_id = uuid.uuid4()
    secret = _secret(draft_id)
    Draft.objects.create(
        id=draft_id,
        resume_digest=_digest(secret),
        chain_version_id=chain.version_id,
        content_sealed=_sealed(draft_id, Content(chosen=tuple(chosen), have=tuple(have))),
        started_at=at,
        saved_at=at,
        expires_on=today + timedelta(days=draft_rules.LIFE_DAYS),
    )
    return Begun(draft_id, secret)


def opened(*, secret: str, on: date, by: Actor | None = None) -> Opened:
    """The draft behind a link's secret. by: a signed-in resident, for what the office already has
    of theirs. Refusal "draft-unknown" (404), alike for a wrong secret and
    one that ran out; "draft-dropped" (410). 4 SQL, at most 7 for a signed-in resident."""
    canonical = normal_code(secret)
    row = Draft.objects.filter(resume_digest=_digest(canonical)).first() if canonical else None
    if row is None or (row.state == OPEN and row.expires_on < on):
        raise Refusal(
            "draft-unknown",
            _("没有找到这份没填完的申请，可能链接不完整，或者超过30天没有动过，已经删除。"),
            remedy=_("请核对链接，或从办事指南重新开始。"),
            status=404,
        )
    if row.state == DROPPED:
        raise Refusal(
            "draft-dropped",
            _("这份申请已经放弃，填过的内容都删除了。"),
            remedy=_("需要时请从办事指南重新开始。"),
            status=410,
        )
    return _opened(row, canonical, on, by)


def _opened(row: Draft, secret: str, on: date, by: Actor | None) -> Opened:
    order = authority.order()
    content = _content(row) if row.state == OPEN else Content()
    item = guide_of(row, content, on)
    changed = None
    if row.item_id and row.item_version_id != item.version_id and row.state == OPEN:
        changed = draft_rules.changes(
            content, order.version(row.item_id, row.item_version_id), item
        )
    fitted = draft_rules.fit(content, item)
    return Opened(
        id=row.pk,
        secret=secret,
        seq=row.seq,
        state=row.state,
        item=item,
        content=fitted,
        kept=content,
        held=_held(order, item, fitted, by, on) if by is not None else {},
        changes=changed,
        filing=may_file(order, item, on),
        owner=row.owner_user,
        saved_at=row.saved_at,
        expires_on=row.expires_on,
        case_id=row.case_id,
        bundle_id=row.bundle_id,
    )


def _held(
    order: Order, item: ItemGuide, content: Content, by: Actor, on: date
) -> Mapping[int, Held]:
    """What the office has already, among the cases of the account that applies. A number typed at
    home opens nobody else's file."""
    if not content.identity or isinstance(item, JointGuide):
        return {}  # of a 一件事 each item's list is looked up when it is opened
    kind = "credit-code" if content.on_behalf == rules.ENTERPRISE else "identity"
    index = vault.blind_index(content.identity, kind=kind)
    facts = order.version(item.code, item.version_id)
    return already_held(order, facts, identity_index=index, on=on, actor=by)


def mine(*, owner: int, on: date) -> tuple[Line, ...]:
    """A signed-in resident's unfinished applications, the latest first. 1 SQL."""
    rows = (
        Draft.objects.filter(owner_user=owner, state=OPEN, expires_on__gte=on)
        .select_related("item_version", "chain_version")
        .order_by("-saved_at")
    )
    return tuple(
        Line(
            _secret(row.pk),
            (row.item_version or row.chain_version).name,
            (row.item_version or row.chain_version).name_en,
            timezone.localtime(row.saved_at),
            row.expires_on,
        )
        for row in rows
    )


def save(
    *,
    draft_id: uuid.UUID,
    seq: int,
    content: Content,
    at: datetime,
    owner: int | None = None,
    version_id: int | None = None,
) -> int:
    """Keep what was filled in; the new seq. It lives LIFE_DAYS from now.

    seq: as the draft was read. owner: an account that this draft belongs to from now on.
    version_id: the item version whose changes the applicant has taken note of.
    Refusal "draft-moved-on" (409) when another page saved in between; nothing is overwritten.
    """
    columns: dict[str, object] = {}
    if owner is not None:
        columns["owner_user"] = owner
    if version_id is not None:
        columns["item_version_id"] = version_id
    changed = Draft.objects.filter(pk=draft_id, seq=seq, state=OPEN).update(
        content_sealed=_sealed(draft_id, content),
        seq=seq + 1,
        saved_at=at,
        expires_on=timezone.localdate(at) + timedelta(days=draft_rules.LIFE_DAYS),
        **columns,
    )
    if not changed:
        raise moved_on()
    return seq + 1


def moved_on() -> Refusal:
    """Two pages of one draft: the later one is told."""
    return Refusal(
        "draft-moved-on",
        _("这份申请刚才在另一个页面上保存过，您这一页的内容还没有保存。"),
        remedy=_("您填的内容还在下面。请核对后再按一次“保存并继续”。"),
        status=409,
    )


def file(*, draft_id: uuid.UUID, by: Actor, at: datetime) -> step.Receipt | BundleReceipt:
    """Hand the application in (行政许可法 §29): a case begins, or those of a whole 一件事, and the
    draft's content goes.

    by: the signed-in resident; the case is theirs. A second time gives the same receipt.
    Refusals: "draft-unknown" (404), "draft-version-changed" (409) until the applicant has taken
    note of a new version, and whatever filing a submission refuses.
    """
    today = timezone.localdate(at)
    draft = Draft.objects.filter(pk=draft_id).exclude(state=DROPPED).first()
    if draft is None:
        raise Refusal(
            "draft-unknown",
            _("没有找到这份没填完的申请。"),
            remedy=_("请从办事指南重新开始。"),
            status=404,
        )
    handed = replace(by, device=device(draft_id))
    wanted: rules.Submission | BundleRequest | None = None
    before = content = Content()
    if draft.state == OPEN:
        order = authority.order()
        item = guide_of(draft, _content(draft), today)
        may_file(order, item, today).enforce(status=409)
        if draft.item_id and item.version_id != draft.item_version_id:
            raise Refusal(
                "draft-version-changed",
                _("事项刚换了新版本，您还没有看过变化。"),
                remedy=_("请先看清有哪些变化，再提交。"),
                status=409,
            )
        before = _content(draft)
        content = _one_file_each(draft_rules.fit(before, item), handed, at)
        if isinstance(item, JointGuide):
            one = submission_of(draft_id, item, content, {})
            outlet = filing.answers_for(order, content.place)
            wanted = item.request(one, content.situation, outlet_code=outlet)
        else:
            known = _held(order, item, content, by, today)
            wanted = submission_of(draft_id, item, content, known)
    # not filed: only what was made for filing goes; filed: whatever was not handed in
    spare = content.files - before.files
    try:
        with transaction.atomic():
            locked = Draft.objects.select_for_update().get(pk=draft_id)
            if locked.state == FILED:
                return (
                    bundles.receipt_of(locked.bundle_id)
                    if locked.bundle_id
                    else filing.receipt_of(locked.case_id)
                )
            if wanted is None or locked.seq != draft.seq:
                raise moved_on()
            receipt: step.Receipt | BundleReceipt
            if isinstance(wanted, BundleRequest):
                receipt = bundles.take_in(request=wanted, by=handed, at=at)
                became = {"bundle": receipt.bundle_id}
            else:
                receipt = filing.file(submission=wanted, by=handed, at=at)
                became = {"case": receipt.case_id}
            Draft.objects.filter(pk=draft_id).update(
                state=FILED,
                owner_user=by.person_id,
                content_sealed=b"",
                seq=locked.seq + 1,
                saved_at=at,
                **became,
            )
        spare = (before.files | content.files) - {one.file_id for one in wanted.materials}
        return receipt
    finally:
        files.discard(file_ids=[uuid.UUID(each) for each in sorted(spare)], at=at)


def submission_of(
    draft_id: uuid.UUID, item: ItemGuide, content: Content, known: Mapping[int, Held]
) -> rules.Submission:
    """The application as it is filed. The draft's id is its idempotency key. known: what the office
    has already, by position."""
    on_list = item.exact(content.situation)
    enterprise = content.on_behalf == rules.ENTERPRISE
    facts = {key: text for key, text in content.facts.items() if text}
    if content.agent and content.on_behalf in AGENTS:
        facts[fact_rules.AGENT.key] = content.agent
    return rules.Submission(
        item_code=item.code,
        place_code=content.place,
        outlet_code="",  # filing chooses
        applicant=rules.ApplicantFacts(
            kind="enterprise" if enterprise else "person",
            name=content.name,
            identity=content.identity,
            phone=content.phone,
            address=content.address,
        ),
        idempotency_key=f"draft-{draft_id}",
        materials=tuple(
            _entry(material, content, known) for material in on_list if not material.held
        ),
        answers={"申请事项说明": content.request} if content.request else {},
        outcome=rules.RECEIVE,
        delivery=content.delivery or "collect",
        channel="portal",
        situation=situations.settled(item.questions, content.situation),
        facts=facts,
        on_behalf=content.on_behalf,
        collect_at=content.collect_at,
        promised_how=rules.ONLINE,
        item_version=item.version,
    )


AGENTS = (rules.CHILD, rules.OTHER)  # somebody else acts for the applicant
_STATES = {
    draft_rules.LATER: rules.LATER,
    draft_rules.PROMISE: rules.PROMISED,
    draft_rules.BRING: rules.MISSING,
}


def filled_in(material: MaterialSheet) -> bool:
    """Whether the application itself is this material: a form that the applicant fills in."""
    return material.kind == "form"


def _entry(
    material: MaterialSheet, content: Content, known: Mapping[int, Held]
) -> rules.MaterialEntry:
    position = material.seq
    if filled_in(material):
        return rules.MaterialEntry(position, rules.SUBMITTED, note="网上填写")
    handed = content.materials.get(material.name)
    shelf = known.get(position)
    consent = handed is not None and handed.how == draft_rules.WALLET
    if shelf and (consent if shelf.needs_consent else handed is None):
        return rules.MaterialEntry(position, rules.HELD, held_ref=shelf.ref, consent=consent)
    if handed is None or consent:  # the licence agreed to is not there any more
        return rules.MaterialEntry(position, rules.MISSING)
    if handed.how == draft_rules.UPLOAD:
        return rules.MaterialEntry(position, rules.SUBMITTED, file_id=next(iter(handed.files), ""))
    note = "申请人选择到窗口交" if handed.how == draft_rules.BRING else ""
    return rules.MaterialEntry(position, _STATES[handed.how], note=note)


def _one_file_each(content: Content, by: Actor, at: datetime) -> Content:
    """The content with several photos of one material as one PDF."""
    for name, handed in content.materials.items():
        if handed.how == draft_rules.UPLOAD and len(handed.files) > 1:
            ids = [uuid.UUID(each) for each in handed.files]
            whole = files.as_one_pdf(file_ids=ids, name=f"{name}.pdf", by=by, at=at)
            content = content.with_material(name, replace(handed, files=(str(whole.pk),)))
    return content


def drop(*, draft_id: uuid.UUID, at: datetime) -> None:
    """Give an application up: its content and its files go at once, its link says so."""
    with transaction.atomic():
        row = Draft.objects.select_for_update().filter(pk=draft_id, state=OPEN).first()
        if row is None:
            return
        held = _files(row)
        Draft.objects.filter(pk=draft_id).update(
            state=DROPPED, content_sealed=b"", seq=row.seq + 1, saved_at=at
        )
    files.discard(file_ids=held, at=at)


def sweep(*, at: datetime, limit: int = 500) -> int:
    """Delete drafts whose days are over, and the files of those never filed; how many."""
    today = timezone.localdate(at)
    rows = Draft.objects.filter(state__in=(OPEN, FILED, DROPPED), expires_on__lt=today)[:limit]
    done = 0
    for row in rows:
        held = _files(row) if row.state == OPEN else []
        # saved again since it was read: then it lives on
        gone, _kinds = Draft.objects.filter(pk=row.pk, expires_on__lt=today).delete()
        if gone:
            files.discard(file_ids=held, at=at)
            done += 1
    return done


def _files(row: Draft) -> list[uuid.UUID]:
    return [uuid.UUID(each) for each in sorted(_content(row).files)]


def _secret(draft_id: uuid.UUID) -> str:
    return verify_code(vault.blind_index(str(draft_id), kind="draft")[:16])


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _sealed(draft_id: uuid.UUID, content: Content) -> bytes:
    return vault.seal(
        draft_rules.as_text(content), table="cases_draft", row=str(draft_id), column="content"
    )


def _content(row: Draft) -> Content:
    return draft_rules.content_of(
        vault.open_(row.content_sealed, table="cases_draft", row=str(row.pk), column="content")
    )
