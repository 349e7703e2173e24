"""Hands for the papers' tests: an organ, its seals, a ruling, and facts for every kind."""

import io
from datetime import UTC, date, datetime

import pytest
from django.db import transaction
from pypdf import PdfWriter

from yichuang.accounts.actor import Actor
from yichuang.authority.rules import Ruling
from yichuang.documents import actions, register_rules, rules
from yichuang.documents.models import Seal
from yichuang.files import queries as files
from yichuang.places.models import Division, Organ

AT = datetime(2026, 3, 26, 1, 30, tzinfo=UTC)
TOWN, CENTRE = "organ-town", "organ-centre"

COMMON = {
    "addressee": "田试样",
    "item_name": "农村村民住宅用地（宅基地）审批",
    "item_code": "ZR-01-001",
    "case_number": "37032110500020260302-0001",
    "date": "2026-03-26",
    "received_on": "2026-03-01",
    "accepted_on": "2026-03-02",
    "outlet": "果里镇便民服务中心",
    "contact": "马桥镇政务服务局，电话 0533-0000000",
    "clock": {
        "start": "2026-03-02",
        "legal_days": 20,
        "promised_days": 15,
        "due": "2026-03-26",
        "pauses": [{"start": "2026-03-05", "end": "2026-03-09", "reason": "专家评审"}],
    },
    "remedies": {"review_organ": "桓台县人民政府", "court": "桓台县人民法院"},
}
OWN = {
    "receipt": {"materials": [{"name": "居民户口簿", "form": "原件", "copies": 1}]},
    "correction_notice": {
        "corrections": [{"name": "居民户口簿", "problem": "缺少户主页", "how": "补交户主页"}]
    },
    "acceptance_notice": {"fee": "不收费"},
    "non_acceptance": {"reasons": ["申请事项依法不属于本机关职权范围。"]},
    "grant_decision": {
        "decision": "准予使用集体土地166平方米建设住宅。",
        "basis": ["《中华人民共和国土地管理法》第六十二条"],
    },
    "refusal_decision": {
        "reasons": ["农村村民一户只能拥有一处宅基地。"],
        "basis": ["《中华人民共和国土地管理法》第六十二条"],
    },
    "delivery_receipt": {"documents": [{"name": "准予行政许可决定书", "number": "甲〔2026〕3号"}]},
    "result_notice": {"decision": "已经登记。", "basis": ["《试样办法》第一条"]},
    "refusal_notice": {"reasons": ["申请人尚未年满八十周岁。"], "basis": ["《试样办法》第二条"]},
    "termination_notice": {
        "reasons": ["经核查，关于“收入证明”的承诺与事实不符。"],
        "basis": ["国办发〔2020〕42号", "《试样办法》第三条"],
    },
    "licence": {
        "licence": {
            "name": "演示证照",
            "identifier": "urn:uuid:00000000-0000-4000-8000-000000000000",
            "basis": "",
            "draft": True,
            "holder_kind": "person",
            "identity_mask": "370321********0018",
            "facts": [{"label": "面积", "value": "166平方米"}],
            "valid_from": "2026-03-26",
            "valid_to": "",
        }
    },
    "revocation_decision": {
        "reasons": ["经核查，关于“收入证明”的承诺与事实不符。"],
        "basis": ["国办发〔2020〕42号"],
        "revoked": "马桥政许准〔2026〕3号",
        "revoked_on": "2026-03-20",
    },
}


def _facts(kind, **changes):
    """Complete facts for a paper of this kind; a change to None leaves a fact out."""
    is_permit = kind not in rules.NON_PERMIT_ONLY
    merged = {**COMMON, **OWN[kind], "is_permit": is_permit, **changes}
    return {key: value for key, value in merged.items() if value is not None}


def _seal_draft(**changes):
    fields = {
        "file": "seals.csv",
        "row": 2,
        "code": "town-main",
        "kind": rules.MAIN,
        "organ_code": TOWN,
        "number": "",
        "name": "演示公章",
        "valid_from": date(2020, 1, 1),
        "valid_to": None,
        "custodian_title": "党政办公室印章管理岗",
    }
    return register_rules.SealDraft(**{**fields, **changes})


@pytest.fixture(scope="session")
def facts():
    """facts(kind, **changes)"""
    return _facts


@pytest.fixture(scope="session")
def seal_draft():
    """seal_draft(**changes)"""
    return _seal_draft


@pytest.fixture
def at():
    return AT


@pytest.fixture
def clerk():
    return Actor(1, "王试样", "decider", organ_code=TOWN)


@pytest.fixture
def ruling():
    return Ruling(
        allowed=True,
        in_name_of="桓台县马桥镇人民政府",
        basis="土地管理法第62条",
        reason="镇决定",
        codes={"in_name_of": TOWN},
    )


@pytest.fixture
def organs(db):
    county = Division.objects.create(
        code="370321000000", level="county", kind="county", name="桓台县", short_name="桓台",
        path="370321000000",
    )  # fmt: skip
    town = Organ.objects.create(
        code=TOWN, name="桓台县马桥镇人民政府", kind="town_government", division=county,
        administrative=True, status="confirmed",
    )  # fmt: skip
    Organ.objects.create(
        code=CENTRE, name="马桥镇便民服务中心", kind="centre", division=county,
        administrative=False, status="confirmed",
    )  # fmt: skip
    return town


@pytest.fixture
def seals(organs):
    rows = (("town-main", rules.MAIN, TOWN), ("town-permit", rules.ACCEPTANCE, TOWN))
    return {
        kind: Seal.objects.create(
            code=code,
            kind=kind,
            organ_id=organ,
            number="",
            name=f"演示{code}",
            valid_from=date(2020, 1, 1),
            custodian_title="印章管理岗",
        )  # fmt: skip
        for code, kind, organ in (*rows, ("centre", rules.CENTRE, CENTRE))
    }


def _plain_pdf():
    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


@pytest.fixture(scope="session")
def plain_pdf():
    """plain_pdf(): one blank page, unsigned."""
    return _plain_pdf


@pytest.fixture
def issued(organs, seals, ruling, clerk, at, facts, db):
    """A sealed paper and its bytes."""
    with transaction.atomic():
        paper = actions.intend(
            kind="grant_decision", stream="case:x", content=facts("grant_decision"), organ=organs,
            seal=seals[rules.MAIN], ruling=ruling, by=clerk, at=at,
        )  # fmt: skip
    actions.complete(paper_id=paper.pk, at=at)
    paper.refresh_from_db()
    _sheet, handle = files.open_file(paper.file_id)
    with handle:
        return paper, handle.read()
