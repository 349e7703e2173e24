"""青禾县, the fictional county of tests/packs/tiny: its people, and cases as far as a test needs.

Every helper goes through the platform's own actions. Everything happens at `AT` or a day after it.
"""

from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from uuid import uuid4

from django.db import transaction
from django.test import Client
from stdnum.cn import ric

from yichuang.accounts import actions as accounts
from yichuang.accounts.actor import Actor, system
from yichuang.accounts.models import User
from yichuang.authority import actions as authority
from yichuang.authority.drafts import GrantDraft
from yichuang.cases import decision, examination, intake
from yichuang.cases.models import Case
from yichuang.cases.rules import ApplicantFacts, MaterialEntry, Submission
from yichuang.catalogue.models import ItemVersion, Material
from yichuang.documents import actions as documents
from yichuang.documents.models import Paper
from yichuang.faces.operations.pack.loader import load_pack
from yichuang.places.models import Outlet

PACK = Path(__file__).parents[1] / "packs" / "tiny"
AT = datetime(2026, 9, 9, 9, 0, tzinfo=timezone(timedelta(hours=8)))  # a Wednesday
SYSTEM = system("test")

VILLAGE, TOWN, STREET, COUNTY = "379901100201", "379901100000", "379901001000", "379901000000"
CENTRE, STATION = f"{TOWN}-centre", f"{VILLAGE}-station"
STREET_CENTRE = f"{STREET}-centre"
GOVERNMENT, STREET_OFFICE = f"{TOWN}-gov", f"{STREET}-gov"
APPROVAL, CIVIL = f"{COUNTY}-approval", f"{COUNTY}-civil"
GRANT = "青审批委〔2021〕演示1号"

HOUSE = "QH-01-001"  # permit, the town's own power, 15 of 20 working days
SHOP = "QH-01-002"  # permit, instant, entrusted to the town by GRANT
HYGIENE = "QH-01-003"  # permit, the county decides; its second material is shared
HARDSHIP = "QH-05-001"  # no permit; the town reviews, the county decides; 20 working days
ALLOWANCE = "QH-05-002"  # no permit; asks for the situation and facts; a promise, a later paper
RECORDS = "QH-20-001"  # a public service, instant, the centre's own
WATER = "QH-20-002"  # only guided

CLERK = Actor(101, "窗口试样", "clerk", 1, f"{TOWN}-centre", CENTRE, TOWN)
MANAGER = Actor(102, "主任试样", "manager", 2, f"{TOWN}-centre", CENTRE, TOWN)
VILLAGER = Actor(103, "村站试样", "village", 3, f"{VILLAGE}-village", STATION, VILLAGE)
EXAMINER = Actor(104, "审核试样", "examiner", 4, GOVERNMENT, "", TOWN)
DECIDER = Actor(105, "审批试样", "decider", 5, GOVERNMENT, "", TOWN)
OTHER_DECIDER = Actor(106, "审批另试", "decider", 6, GOVERNMENT, "", TOWN)
COUNTY_EXAMINER = Actor(107, "县审试样", "examiner", 7, APPROVAL, "", COUNTY)
COUNTY_DECIDER = Actor(108, "县批试样", "decider", 8, APPROVAL, "", COUNTY)
CIVIL_DECIDER = Actor(109, "民政试样", "decider", 9, CIVIL, "", COUNTY)
CENTRE_DECIDER = Actor(110, "中心试样", "decider", 10, f"{TOWN}-centre", CENTRE, TOWN)
STREET_CLERK = Actor(111, "街道试样", "clerk", 11, f"{STREET}-centre", STREET_CENTRE, STREET)
RESIDENT = Actor(900, "居民试样", "resident")
PUBLIC = Actor(None, "公众", "resident")

NAME, PHONE = "田试样", "13800001234"
PASSWORD = "Correct-Horse-7"


def load():
    """The county, loaded as `yichuang load` does it."""
    return load_pack(PACK, by=SYSTEM, at=AT)


def after(days=0, **more):
    """AT, some calendar days later."""
    return AT + timedelta(days=days, **more)


def identity(serial=1):
    """A resident number that no living person has: born in the 1880s and 1890s."""
    birth = f"{1880 + serial % 20}{serial // 20 % 12 + 1:02d}{serial // 240 % 28 + 1:02d}"
    body = f"379901{birth}{serial % 1000:03d}"
    return body + ric.calc_check_digit(body + "0")


def applicant(**changes):
    facts = {"kind": "person", "name": NAME, "identity": identity(), "phone": PHONE}
    return ApplicantFacts(**{**facts, **changes})


def submission(item=HOUSE, *, materials=None, **changes):
    """Everything handed in at the town's centre, to be accepted at once."""
    fields = {
        "item_code": item,
        "place_code": VILLAGE,
        "outlet_code": CENTRE,
        "applicant": applicant(),
        "idempotency_key": f"test-{uuid4()}",
        "materials": materials if materials is not None else handed_in(item),
        "answers": {"面积": "120平方米"},
    }
    return Submission(**{**fields, **changes})


def handed_in(item, *, missing=()):
    """Every material of the item's list (one or two), those at `missing` positions left out."""
    listed = {RECORDS: 1, HYGIENE: 1}.get(item, 2)  # the second of HYGIENE is held, so not asked
    return tuple(
        MaterialEntry(position, "missing" if position in missing else "submitted")
        for position in range(1, listed + 1)
    )


# positions of ALLOWANCE's list: 1 form, 2 card, 3 proof of income, 4 bank card; then, by situation,
# disability certificate and letter of authority
ALONE = {"who": "self", "age": "adult", "income": "low", "disabled": "no"}
FORM = {"family_size": "3", "income_month": "６００", "reason": "收入不够"}


def allowance(*, states=None, **changes):
    """A whole application for the allowance, in person. states: position → state."""
    states = {1: "submitted", 2: "submitted", 3: "submitted", 4: "submitted", **(states or {})}
    fields = {
        "materials": tuple(MaterialEntry(position, state) for position, state in states.items()),
        "situation": ALONE,
        "facts": FORM,
        "answers": {},
    }
    return submission(ALLOWANCE, **{**fields, **changes})


def taken_in(item=HOUSE, *, by=CLERK, at=AT, outcome="receive", **changes):
    """A case received, to be looked at."""
    return intake.take_in(submission=submission(item, outcome=outcome, **changes), by=by, at=at)


def accepted(item=HOUSE, **changes):
    """A case accepted on the spot."""
    return taken_in(item, outcome="accept", **changes)


def reviewed(item=HOUSE, *, by=CLERK, reviewer=EXAMINER, at=AT, **changes):
    """A case accepted and reviewed."""
    receipt = accepted(item, by=by, at=at, **changes)
    return examination.review(
        case_id=receipt.case_id, seq=receipt.seq, opinion="材料齐全，符合条件", agrees=True,
        by=reviewer, at=at,
    )  # fmt: skip


def granted(item=HOUSE, *, decider=DECIDER, at=AT, **changes):
    """A case granted; its decision paper is intended, not yet a file."""
    receipt = reviewed(item, at=at, **changes)
    return decision.grant(
        case_id=receipt.case_id, seq=receipt.seq, decision="准予使用宅基地166平方米。",
        by=decider, at=at,
    )  # fmt: skip


def granted_and_sealed(item=HOUSE, *, at=AT, **changes):
    """A case granted, its papers made and sealed."""
    receipt = granted(item, at=at, **changes)
    seal_papers(receipt.case_id, at=at)
    return receipt


def seal_papers(case_id, *, at=AT):
    """What the worker does for a case's papers; their states."""
    rows = Paper.objects.filter(stream=f"case:{case_id}").order_by("created_at")
    return [documents.complete(paper_id=paper.pk, at=at) for paper in rows]


def case(receipt):
    """The case's row as it stands now."""
    return Case.objects.get(pk=receipt.case_id)


def posted(actor, *, at=AT):
    """A staff account with the post that `actor` stands for, and a program's token for it."""
    user = accounts.create_user(
        login=f"demo.{actor.person_id}", display_name=actor.name, password=PASSWORD,
        by=SYSTEM, at=at,
    )  # fmt: skip
    post = accounts.give_post(
        user=user, role=actor.role, starts_on=at.date(), organ_code=actor.organ_code,
        outlet_code=actor.outlet_code, place_code=actor.place_code, by=SYSTEM, at=at,
    )  # fmt: skip
    User.objects.filter(pk=user.pk).update(password_changed_at=at)
    raw, _token = accounts.issue_token(
        post=post, label="测试", expires_at=at + timedelta(days=300), by=SYSTEM, at=at
    )
    return user, post, raw


def signed_in(actor):
    """A browser signed in to the post that `actor` stands for, as they would sign in; its `.user`."""
    browser = Client()
    browser.user, _post, _token = posted(actor)
    sent = {"login": browser.user.login, "password": PASSWORD}
    assert browser.post("/staff/login", sent).status_code == 302
    return browser


def body(item=HOUSE, **changes):
    """The same submission as the JSON face takes it."""
    facts = {
        "item": item,
        "place": VILLAGE,
        "outlet": CENTRE,
        "applicant": {"kind": "person", "name": NAME, "identity": identity(), "phone": PHONE},
        "materials": [{"position": m.position, "state": m.state} for m in handed_in(item)],
        "answers": {"面积": "120平方米"},
    }
    return {**facts, **changes}


def close(outlet_code, *, on=None):
    """The outlet stops serving, from that day."""
    Outlet.objects.filter(pk=outlet_code).update(closed_on=on or AT.date())
    renew()


def pass_down(number, *, item=SHOP, to=GOVERNMENT, **changes):
    """One more grant from the county's approval bureau, narrower than GRANT and so preferred."""
    facts = {
        "instrument": "entrust",
        "places": (TOWN,),
        "outlets": (CENTRE,),
        "valid_from": date(2026, 1, 1),
        "valid_to": None,
        "revoked_on": None,
        "seal": "379901000000-approval-numbered-1",
        "signatory_title": "局长（示例）",
        "notice": "演示公告（虚构）",
        "basis": "行政许可法第24条",
        "draft": True,
    }
    draft = GrantDraft(
        "grants.csv", 3, number, from_organ=APPROVAL, to_organ=to, items=(item,),
        **{**facts, **changes},
    )  # fmt: skip
    authority.publish(competences=[], grants=[draft], effective_on=AT.date(), by=SYSTEM, at=AT)
    return draft


def renew():
    """Tell that rows of the standing order were changed behind its back."""
    with transaction.atomic():
        authority.renew(at=AT)


def new_version(item, *, drop=(), **changes):
    """The item's next version, in force from AT on, without the materials of these names."""
    old = ItemVersion.objects.filter(item=item).order_by("-version").first()
    materials = [row for row in Material.objects.filter(version=old) if row.name not in drop]
    old.pk, old.version, old.valid_from = None, old.version + 1, AT.date()
    for name, value in changes.items():
        setattr(old, name, value)
    old.save(force_insert=True)
    for seq, row in enumerate(materials, start=1):
        row.pk, row.version, row.seq = None, old, seq
        row.save(force_insert=True)
    renew()
    return old
