"""Chains (一件事) of 青禾县 made for a test, and requests to take them in."""

from uuid import uuid4

from tests.factories import county as made
from yichuang.accounts.actor import Actor
from yichuang.authority import queries as authority
from yichuang.authority.models import Competence
from yichuang.cases import bundles, chain_rules, decision, examination, intake
from yichuang.cases.joint import BundleRequest, JointMaterial
from yichuang.cases.models import Bundle, Case, Link
from yichuang.catalogue.models import Chain, ChainStep, ChainVersion, Item, ItemVersion, Material

MOTHER = Actor(901, "母亲试样", "resident")
COPY = "QH-20-009"  # RECORDS once more: a county of seven items taken in


def chain(*steps, code="test"):
    """A chain in force. steps: (item, needs) or (item, needs, {alternative, opens_on, optional})."""
    version = ChainVersion.objects.create(
        chain=Chain.objects.create(code=code),
        version=1,
        valid_from=made.AT.date(),
        name="试一件事",
        name_en="A chain to try",
        content_hash="",
    )
    for seq, (item, needs, *more) in enumerate(steps, start=1):
        ChainStep.objects.create(
            version=version, seq=seq, item_id=item, depends_on=list(needs), **dict(*more)
        )
    return code


def copied_item(code=COPY, of=made.RECORDS):
    """One more item, like another in all but its code."""
    Item.objects.create(code=code)
    version = ItemVersion.objects.filter(item=of).order_by("-version").first()
    materials = list(Material.objects.filter(version=version))
    version.pk, version.item_id, version.name = None, code, f"{version.name}副本"
    version.save(force_insert=True)
    competence = Competence.objects.filter(item=of).first()
    competence.pk, competence.item_id = None, code
    competence.save(force_insert=True)
    for row in materials:
        row.pk, row.version = None, version
        row.save(force_insert=True)
    made.renew()
    return code


SEVEN = (
    made.HOUSE,
    made.SHOP,
    made.HYGIENE,
    made.HARDSHIP,
    made.ALLOWANCE,
    made.RECORDS,
    COPY,
)


def seven():
    """Seven items of which each can begin at once."""
    copied_item()
    return chain(*((item, ()) for item in SEVEN), code="seven")


def materials(*items, without=(), **states):
    """Everything that these items ask of everybody, once. states: material name → state."""
    order = authority.order()
    names = [
        chain_rules.joint_name(row.name, row.kind)
        for item in items
        for row in order.item(item, made.AT.date()).materials
        if row.always and not row.held
    ]
    return tuple(
        JointMaterial(name, states.get(name, "submitted"))
        for name in dict.fromkeys(names)
        if name not in without
    )


def request(code, chosen, *items, **changes):
    """A whole matter, handed in at the town's centre."""
    fields = {
        "chain_code": code,
        "chosen": tuple(chosen),
        "place_code": made.VILLAGE,
        "outlet_code": made.CENTRE,
        "applicant": made.applicant(),
        "idempotency_key": f"test-{uuid4()}",
        "materials": materials(*items),
    }
    if made.ALLOWANCE in items:
        fields |= {"situation": {made.ALLOWANCE: made.ALONE}, "facts": made.FORM}
    return BundleRequest(**{**fields, **changes})


def taken_in(code, chosen, *items, by=made.CLERK, at=made.AT, **changes):
    return bundles.take_in(request=request(code, chosen, *items, **changes), by=by, at=at)


def follow(at=made.AT):
    """What the worker does after each step."""
    return bundles.follow(at=at)


def links(receipt):
    """seq → state of a bundle's links."""
    return dict(Link.objects.filter(bundle=receipt.bundle_id).values_list("seq", "state"))


def case_of(receipt, seq):
    return Case.objects.get(link__bundle=receipt.bundle_id, link__seq=seq)


def bundle(receipt):
    return Bundle.objects.get(pk=receipt.bundle_id)


REVIEWERS = {made.HARDSHIP: made.EXAMINER, made.ALLOWANCE: made.EXAMINER}
DECIDERS = {
    made.HOUSE: made.DECIDER,
    made.SHOP: made.DECIDER,
    made.HYGIENE: made.COUNTY_DECIDER,
    made.HARDSHIP: made.CIVIL_DECIDER,
    made.ALLOWANCE: made.CIVIL_DECIDER,
    made.RECORDS: made.CENTRE_DECIDER,
}


def accept(case, at=made.AT):
    return intake.accept(case_id=case.pk, seq=case.seq, by=made.CLERK, at=at)


def grant_instant(case, at=made.AT):
    """Granted at once, as an instant item is."""
    return decision.grant_on_spot(
        case_id=case.pk,
        seq=case.seq,
        decision="准予登记，予以办理。",
        by=DECIDERS[case.item_id],
        at=at,
    )


def end(case, *, grants=True, at=made.AT):
    """An accepted case reviewed and decided."""
    reviewed = examination.review(
        case_id=case.pk, seq=case.seq, opinion="材料齐全，符合条件", agrees=grants,
        by=made.COUNTY_EXAMINER if case.reviewer_id == made.APPROVAL else made.EXAMINER, at=at,
    )  # fmt: skip
    by = DECIDERS[case.item_id]
    if grants:
        return decision.grant(
            case_id=case.pk, seq=reviewed.seq, decision="准予，予以办理。", by=by, at=at
        )
    return decision.refuse(
        case_id=case.pk, seq=reviewed.seq, reason="家庭收入高于标准，不符合条件。", by=by, at=at
    )
