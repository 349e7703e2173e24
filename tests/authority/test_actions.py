"""Publishing powers and taking them back: what is published stands, and is only ended."""

from datetime import date

import pytest

from tests.factories import county as made
from yichuang.authority import actions, queries
from yichuang.authority.drafts import CompetenceDraft
from yichuang.authority.models import Competence, Grant, Standing
from yichuang.journal.models import Entry
from yichuang.verdict import Refusal

DAY = made.AT.date()


def publish(*competences, grants=(), on=DAY):
    return actions.publish(
        competences=competences, grants=grants, effective_on=on, by=made.SYSTEM, at=made.AT
    )


def competence(**changes):
    facts = {
        "file": "authority.csv", "row": 2, "item_code": made.HYGIENE, "role": "take_forward",
        "decider": made.CIVIL, "power_source": "", "decision_seal": "organ_main",
        "acceptance_seal": "permit_acceptance", "basis": "新的依据", "basis_confirmed": True,
        "note": "",
    }  # fmt: skip
    return CompetenceDraft(**{**facts, **changes})


def refused(act):
    with pytest.raises(Refusal) as caught:
        act()
    return caught.value


def entries(kind):
    return Entry.objects.filter(kind=kind)


def test_loading_twice_publishes_nothing_anew(county):
    stamp, journalled = Standing.objects.get().stamp, Entry.objects.count()
    made.load()
    assert (Standing.objects.get().stamp, Entry.objects.count()) == (stamp, journalled)


def test_a_changed_competence_is_a_new_version_from_its_day(county):
    report = publish(competence())
    assert (report.added, report.changed, report.unchanged) == (0, 1, 0)
    assert list(
        Competence.objects.filter(item=made.HYGIENE)
        .order_by("version")
        .values_list("version", "decider", "valid_from")
    ) == [(1, made.APPROVAL, date(2021, 1, 4)), (2, made.CIVIL, DAY)]
    order = queries.order()
    assert order.competence(made.HYGIENE, date(2026, 9, 8)).decider == made.APPROVAL
    assert order.competence(made.HYGIENE, DAY).decider == made.CIVIL
    assert publish(competence()).unchanged == 1


def test_a_competence_never_begins_before_the_one_it_follows(county):
    publish(competence())
    refusal = refused(lambda: publish(competence(decider=made.APPROVAL), on=DAY))
    assert refusal.code == "competence-effective-date" and refusal.remedy


def test_a_published_grant_is_not_edited(county):
    made.pass_down("演示〔2026〕1号")
    refusal = refused(lambda: made.pass_down("演示〔2026〕1号", notice="另一份公告"))
    assert refusal.code == "grant-is-published" and "撤销" in refusal.remedy
    assert Grant.objects.get(pk="演示〔2026〕1号").notice == "演示公告（虚构）"


def test_a_pack_may_end_a_grant_once(county):
    made.pass_down("演示〔2026〕1号")
    made.pass_down("演示〔2026〕1号", revoked_on=date(2026, 9, 30))
    made.pass_down("演示〔2026〕1号", revoked_on=date(2026, 12, 31))
    assert Grant.objects.get(pk="演示〔2026〕1号").revoked_on == date(2026, 9, 30)


def test_revoking_is_journalled_with_its_reason_and_seen_by_every_process(county):
    stamp = Standing.objects.get().stamp
    actions.revoke(number=made.GRANT, on=DAY, reason="县里收回", by=made.SYSTEM, at=made.AT)
    entry = entries("authority.grant-revoked").get()
    assert entry.payload == {"number": made.GRANT, "on": "2026-09-09", "reason": "县里收回"}
    assert Standing.objects.get().stamp != stamp


@pytest.mark.parametrize(
    ("number", "code", "status"),
    [(made.GRANT, "grant-not-revocable", 409), ("没有这个文号", "grant-unknown", 404)],
)
def test_only_a_standing_grant_is_revoked(county, number, code, status):
    actions.revoke(number=made.GRANT, on=DAY, reason="县里收回", by=made.SYSTEM, at=made.AT)
    stamp = Standing.objects.get().stamp
    refusal = refused(
        lambda: actions.revoke(number=number, on=DAY, reason="县里收回", by=made.SYSTEM, at=made.AT)
    )
    assert (refusal.code, refusal.status) == (code, status)
    assert Standing.objects.get().stamp == stamp
    assert entries("authority.grant-revoked").count() == 1


def test_a_grant_ends_on_the_day_it_is_revoked_and_not_before(county):
    actions.revoke(
        number=made.GRANT, on=date(2026, 9, 15), reason="县里收回", by=made.SYSTEM, at=made.AT
    )
    order = queries.order()

    def decider(day):
        return order.ruling(made.SHOP, made.VILLAGE, made.CENTRE, day).codes["decider"]

    assert decider(date(2026, 9, 14)) == made.GOVERNMENT
    assert decider(date(2026, 9, 15)) == made.APPROVAL
