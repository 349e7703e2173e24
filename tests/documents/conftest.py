"""Hands for the papers' tests: an organ, its seals, a ruling, and facts for every kind."""

from datetime import UTC, date, datetime

import pytest
from django.db import connections

from yichuang.accounts.actor import Actor
from yichuang.authority.rules import Ruling
from yichuang.documents import rules
from yichuang.documents.models import Seal
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
    return rules.SealDraft(**{**fields, **changes})


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


@pytest.fixture
def shared_database(transactional_db, tmp_path):
    """A database several connections can write to at once, as in service.

    An in-memory SQLite locks whole tables between threads; it is copied into a file.
    """
    default = connections["default"]
    if default.vendor != "sqlite" or not default.is_in_memory_db():
        yield
        return
    path = tmp_path / "shared.sqlite3"
    with default.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(path)])
    settings = connections.settings["default"]
    name = settings["NAME"]
    del connections["default"]
    settings["NAME"] = str(path)
    try:
        yield
    finally:
        connections["default"].close()
        settings["NAME"] = name
        connections["default"] = default
