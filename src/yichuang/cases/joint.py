"""One application for several items (一件事): what is handed in once, and each item's share of it.

The application is asked for facts once, and for each material once by name; every application form
of the items is stood for by one joint form (chain_rules.JOINT_FORM).
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from yichuang.accounts import vault
from yichuang.authority.queries import ItemFacts
from yichuang.cases import chain_rules, fact_rules, opening, rules
from yichuang.cases.models import Bundle
from yichuang.cases.rules import ApplicantFacts, MaterialEntry, Submission
from yichuang.verdict import Refusal

TABLE = "cases_bundle"
_CARRIED = ("collect_at", "on_behalf", "promised_how")


@dataclass(frozen=True, slots=True)
class JointMaterial:
    """One material of the whole matter, by name: taken once for every item that asks for it."""

    name: str
    state: str = rules.SUBMITTED
    copies: int = 1
    file_id: str = ""
    note: str = ""
    held_ref: str = ""


@dataclass(frozen=True, slots=True)
class BundleRequest:
    """One whole matter. chosen: seq numbers of the chain's steps; have: those of them whose result
    the applicant holds already. situation: item code → answers. facts: asked once, by key.
    versions: item code → the version its questions and materials were drawn from, where known."""

    chain_code: str
    chosen: tuple[int, ...]
    place_code: str
    outlet_code: str  # from home the one that answers for the whole matter
    applicant: ApplicantFacts
    idempotency_key: str
    have: tuple[int, ...] = ()
    situation: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)
    materials: tuple[JointMaterial, ...] = ()
    delivery: str = "collect"
    collect_at: str = ""
    channel: str = "window"
    on_behalf: str = rules.SELF
    promised_how: str = rules.ON_PAPER
    versions: Mapping[str, int] = field(default_factory=dict)

    def digest(self) -> str:
        """Equal exactly for equal requests."""
        content = asdict(self)
        content.pop("idempotency_key")
        text = json.dumps(content, ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def files(self) -> list[str]:
        return [each.file_id for each in self.materials if each.file_id]


def whole(request: BundleRequest) -> Submission:
    """What is common to all items, as a submission of none of them, without unseen signs."""
    return Submission(
        item_code="",
        place_code=request.place_code,
        outlet_code=request.outlet_code,
        applicant=request.applicant,
        idempotency_key=request.idempotency_key,
        materials=tuple(MaterialEntry(1, note=each.note) for each in request.materials),
        facts=request.facts,
        delivery=request.delivery,
        collect_at=request.collect_at,
        channel=request.channel,
        on_behalf=request.on_behalf,
        promised_how=request.promised_how,
    ).visible()


def share(
    request: BundleRequest, item: ItemFacts, *, bundle_id: uuid.UUID, seq: int, outlet_code: str
) -> Submission:
    """One item's submission, drawn from the whole. Raises what opening.answered says of its
    answers."""
    asked = {fact.key for fact in (*item.facts, fact_rules.AGENT)}
    common = whole(request)
    submission = replace(
        common,
        item_code=item.code,
        outlet_code=outlet_code,
        idempotency_key=f"bundle:{bundle_id}:{seq}",
        materials=(),
        situation=request.situation.get(item.code, {}),
        facts={key: text for key, text in common.facts.items() if key in asked},
        item_version=request.versions.get(item.code, 0),
    )
    situation = opening.answered(item, submission)
    entries = _entries(item, situation, request.materials)
    return replace(submission, situation=situation, materials=tuple(entries)).visible()


def _entries(
    item: ItemFacts, situation: Mapping[str, str], materials: Sequence[JointMaterial]
) -> list[MaterialEntry]:
    """One item's list, filled from the joint one: by name, and every form by the joint form."""
    given = {each.name: each for each in materials}
    entries = []
    for row in opening.listed(item, situation):
        joint = given.get(chain_rules.joint_name(row.name, "form" if row.form else ""))
        looked_up = joint is None or (joint.state == rules.HELD and not joint.held_ref)
        if joint is None or (looked_up and not row.held):
            state = rules.HELD if looked_up and row.held else rules.MISSING
            entries.append(MaterialEntry(row.position, state))
            continue
        entries.append(
            MaterialEntry(
                row.position, joint.state, joint.copies, joint.file_id, joint.note, joint.held_ref
            )
        )
    return entries


def check_waiting(item: ItemFacts, share: Submission) -> None:
    """That an item which begins later can begin with what is handed in now, as far as that can be
    told today: its answers, its part of the form, its materials. Raises what these say."""
    fact_rules.checked(item.facts, share.facts, whole=share.channel == opening.PORTAL)
    rules.check_materials(opening.listed(item, share.situation), share.materials)


def check_known(request: BundleRequest, items: Iterable[ItemFacts]) -> None:
    """That nothing is handed in which no item asks for (山东省优化营商环境条例 §28)."""
    facts, names = {fact_rules.AGENT.key}, {chain_rules.JOINT_FORM}
    for item in items:
        facts |= {fact.key for fact in item.facts}
        names |= {chain_rules.joint_name(row.name, row.kind) for row in item.materials}
    for each in request.materials:
        if each.name not in names:
            raise Refusal(
                "material-unknown",
                _("“%(name)s”不在这些事项要交的材料清单里。") % {"name": each.name[:40]},
                remedy=_("请核对要办的事项和最新清单；已填的内容都还在。"),
                field="materials",
            )
    for key in request.facts:
        if key not in facts:
            raise Refusal(
                "fact-unknown",
                _("申请表里没有“%(key)s”这一栏。") % {"key": key[:40]},
                remedy=_("事项可能刚换了新版本；请重新打开表单，已填的内容会带过来。"),
                field=key,
            )


# -- kept for the links that begin later -----------------------------------------------------------


def rows_of(request: BundleRequest, bundle_id: uuid.UUID, on: date) -> dict[str, Any]:
    """The columns of a bundle that tell of the person and of what was handed in; sealed to its row.

    Raises Refusal: rules.check_shape, the identifiers' own.
    """
    common = whole(request)
    rules.check_shape(common).enforce()
    who = opening.normalised(common, on)
    kept = {"facts": dict(common.facts), **{name: getattr(request, name) for name in _CARRIED}}

    def sealed(column: str, text: str) -> bytes:
        return vault.seal(text, table=TABLE, row=str(bundle_id), column=column)

    return {
        "situation": {code: dict(said) for code, said in request.situation.items()},
        "facts_sealed": sealed("facts", json.dumps(kept, ensure_ascii=False)),
        "materials": [asdict(each) for each in request.materials],
        "kind": who.kind,
        "name_sealed": sealed("name", who.name),
        "name_mask": vault.mask_name(who.name),
        "identity_sealed": sealed("identity", who.identity),
        "identity_index": opening.identity_index(who),
        "identity_mask": vault.mask_identity(who.identity),
        "phone_sealed": sealed("phone", who.phone),
        "phone_index": vault.blind_index(who.phone, kind="phone"),
        "phone_mask": vault.mask_phone(who.phone),
        "address_sealed": sealed("address", who.address) if who.address else b"",
    }


def request_of(bundle: Bundle) -> BundleRequest:
    """The request as it was, opened for a link whose time has come (which steps: the links say)."""

    def plain(column: str, token: bytes) -> str:
        return vault.open_(token, table=TABLE, row=str(bundle.pk), column=column) if token else ""

    kept = json.loads(plain("facts", bundle.facts_sealed))
    return BundleRequest(
        chain_code="",
        chosen=(),
        place_code=bundle.place_id,
        outlet_code=bundle.outlet_id,
        applicant=ApplicantFacts(
            bundle.kind,
            plain("name", bundle.name_sealed),
            plain("identity", bundle.identity_sealed),
            plain("phone", bundle.phone_sealed),
            plain("address", bundle.address_sealed),
        ),
        idempotency_key=bundle.idempotency_key,
        situation=bundle.situation,
        facts=kept["facts"],
        materials=tuple(JointMaterial(**each) for each in bundle.materials),
        delivery=bundle.delivery_method,
        channel=bundle.channel,
        **{name: kept[name] for name in _CARRIED},
    )
