"""Power that has gone, a seal that may not stand there, a date nobody has published."""

import json
from datetime import date

import pytest
from click.testing import CliRunner

from tests.factories import county as made
from yichuang.authority import actions as authority
from yichuang.authority.rules import Ruling
from yichuang.documents import actions as documents
from yichuang.documents.models import Paper, Seal
from yichuang.faces.operations.commands import cli
from yichuang.places.models import Organ
from yichuang.verdict import Refusal

pytestmark = pytest.mark.fault


def test_a_grant_revoked_before_the_decision(api, told, nothing_lost):
    """Seen to fail with still_rules asking nothing."""
    receipt = made.reviewed(made.SHOP)
    authority.revoke(
        number=made.GRANT, on=made.AT.date(), reason="县里收回", by=made.SYSTEM, at=made.AT
    )
    decider = api(made.DECIDER)
    step = {"seq": receipt.seq, "text": "准予登记，发给证照。"}
    with nothing_lost():
        said = told(decider.post(f"/cases/{receipt.case_id}/grant", step), 409, "grant-gone")
    assert made.GRANT in said["title"] and "撤销" in said["title"] and "交还" in said["detail"]
    back = decider.post(f"/cases/{receipt.case_id}/hand_back", {"seq": receipt.seq})
    assert (back.status_code, back.json()["due_on"]) == (200, receipt.due_on.isoformat())


def test_a_grant_run_out_before_the_decision(api, told, nothing_lost):
    """Seen to fail as above."""
    made.pass_down("临时〔2026〕1号", valid_to=date(2026, 9, 8))
    receipt = made.reviewed(made.SHOP, at=made.after(-1))
    assert made.case(receipt).grant_number == "临时〔2026〕1号"
    decider = api(made.DECIDER)
    step = {"seq": receipt.seq, "text": "准予登记，发给证照。"}
    with nothing_lost():
        told(decider.post(f"/cases/{receipt.case_id}/grant", step), 409, "grant-gone")


def test_a_seal_no_longer_in_use(api, told, nothing_lost):
    """No decision without a seal to put on it. Seen to fail with the days of a seal not asked."""
    receipt = made.reviewed()
    Seal.objects.filter(pk=f"{made.GOVERNMENT}-main").update(valid_to=date(2026, 9, 8))
    decider = api(made.DECIDER)
    step = {"seq": receipt.seq, "text": "准予使用集体土地。"}
    with nothing_lost():
        said = told(decider.post(f"/cases/{receipt.case_id}/grant", step), 422, "seal-missing")
    assert "机关公章" in said["title"] and "印章登记" in said["detail"]
    Seal.objects.update(valid_to=None)
    assert decider.post(f"/cases/{receipt.case_id}/grant", step).status_code == 200


@pytest.mark.parametrize(
    "seal",
    [
        f"{made.TOWN}-centre-seal",  # the centre's seal on what the law reserves to an organ
        f"{made.APPROVAL}-main",  # another organ's
        f"{made.GOVERNMENT}-acceptance",  # right organ, wrong seal
    ],
)
def test_a_seal_that_may_not_stand_on_a_decision(county, nothing_lost, seal):
    """行政许可法 §24, §32. Seen to fail with documents.rules.may_seal always saying yes."""
    with nothing_lost(), pytest.raises(Refusal) as caught:
        documents.intend(
            kind="grant_decision",
            stream="case:test",
            content={
                "addressee": made.NAME, "item_name": "村民建房用地审批", "case_number": "1",
                "is_permit": True, "decision": "准予建房。", "basis": ["土地管理法第62条"],
            },
            organ=Organ.objects.get(pk=made.GOVERNMENT),
            seal=Seal.objects.get(pk=seal),
            ruling=Ruling(allowed=True, codes={"in_name_of": made.GOVERNMENT}),
            by=made.DECIDER,
            at=made.AT,
        )  # fmt: skip
    assert (caught.value.code, caught.value.status) == ("seal-wrong", 403)
    assert caught.value.message and caught.value.remedy and caught.value.basis


def test_a_case_ruled_to_a_wrong_seal_gives_no_paper(api, told, nothing_lost):
    """A ruling tampered with in the row names the centre. Seen to fail as above."""
    receipt = made.reviewed()
    case = made.case(receipt)
    codes = {**case.ruling["codes"], "seal_kind": "centre", "in_name_of": f"{made.TOWN}-centre"}
    type(case).objects.filter(pk=case.pk).update(ruling={**case.ruling, "codes": codes})
    decider = api(made.DECIDER)
    step = {"seq": receipt.seq, "text": "准予使用集体土地。"}
    with nothing_lost():
        told(decider.post(f"/cases/{receipt.case_id}/grant", step), 403, "seal-wrong")
    assert Paper.objects.filter(kind="grant_decision").count() == 0


@pytest.mark.parametrize(
    ("start", "days"), [("2030-01-07", 5), ("2026-12-25", 20), ("2023-05-05", 1)]
)
def test_a_date_outside_the_calendar(api, told, start, days):
    """Never a guess. Seen to fail with weekends alone deciding an unknown year."""
    said = told(
        api(made.CLERK).get(f"/due?start={start}&days={days}"), 422, "calendar-unknown-year"
    )
    assert said["facts"]["known"] == [2021, 2022, 2026]


def test_a_date_outside_the_calendar_on_the_command_line(county):
    """A program gets an honest exit code. Seen to fail as above."""
    runner = CliRunner()
    words = ["due", "--start", "2030-01-07", "--days", "5"]
    told_people = runner.invoke(cli, words)
    assert told_people.exit_code not in (0, 2)
    assert "2030" in told_people.stderr and "→" in told_people.stderr
    told_program = runner.invoke(cli, [*words, "--json"])
    assert told_program.exit_code == told_people.exit_code
    assert json.loads(told_program.stdout)["code"] == "calendar-unknown-year"


def test_a_decider_of_another_organ(api, told, nothing_lost):
    """They may not even learn that the case exists. Seen to fail with may_see always saying yes."""
    receipt = made.reviewed()
    stranger = api(made.CIVIL_DECIDER)
    step = {"seq": receipt.seq, "text": "准予使用集体土地。"}
    with nothing_lost():
        told(stranger.post(f"/cases/{receipt.case_id}/grant", step), 404, "case-not-found")


def test_a_step_from_an_old_page(api, told, nothing_lost):
    """Seen to fail with the sequence number neither compared nor part of the guarded update."""
    receipt = made.reviewed()
    decider = api(made.DECIDER)
    old = {"seq": 1, "text": "准予使用集体土地。"}
    with nothing_lost():
        said = told(decider.post(f"/cases/{receipt.case_id}/grant", old), 409, "case-moved-on")
    assert made.EXAMINER.name in said["title"] and said["facts"] == {"seq": 2, "state": "reviewed"}


def test_a_step_that_does_not_exist(api, told, nothing_lost):
    """Seen to fail with unknown steps let through."""
    receipt = made.reviewed()
    decider = api(made.DECIDER)
    with nothing_lost():
        told(decider.post(f"/cases/{receipt.case_id}/bless", {"seq": 2}), 404, "event-unknown")
