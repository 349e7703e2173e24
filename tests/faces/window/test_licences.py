"""A licence instead of a paper, at the counter: looked for only when the applicant agrees."""

from tests.factories import county as made
from tests.licences import kit
from yichuang.cases.models import Case
from yichuang.journal.models import Entry
from yichuang.licences.models import Use


def form(**more):
    answers = {f"answer-{key}": value for key, value in made.ALONE.items()}
    facts = {f"fact-{key}": value for key, value in made.FORM.items()}
    return {
        "item": made.ALLOWANCE,
        "kind": "person",
        "identity": kit.NUMBER,
        "name": made.NAME,
        "phone": made.PHONE,
        "on_behalf": "self",
        "town": made.TOWN,
        "village": made.VILLAGE,
        "delivery": "collect",
        **answers,
        **facts,
        **more,
    }


def test_nothing_is_looked_for_until_the_applicant_agrees(clerk):
    kit.types()
    licence = kit.issued()
    plain = clerk.post("/window/intake/look/who", form()).content.decode()
    assert "申请人本人同意：查找其电子证照" in plain and licence.number not in plain
    assert not Entry.objects.filter(kind="personal-data.looked-up").exists()
    agreed = clerk.post("/window/intake/look/who", form(licences="1")).content.decode()
    assert licence.number in agreed and 'name="licences" value="1" checked' in agreed
    assert Entry.objects.filter(kind="personal-data.looked-up").count() == 1


def test_it_is_taken_in_with_the_licence(clerk):
    kit.types()
    licence = kit.issued()
    before = Case.objects.count()
    page = clerk.get(f"/window/intake?item={made.ALLOWANCE}").content.decode()
    version = page.split('name="version" value="')[1].split('"')[0]
    states = {1: "submitted", 2: "submitted", 3: "held", 4: "submitted"}
    ticked = {f"state-{position}": state for position, state in states.items()}
    sent = form(
        licences="1", version=version, key="0f0e0d0c-test-licence", outcome="accept",
        **ticked, **{f"copies-{position}": "1" for position in states},
    )  # fmt: skip
    answer = clerk.post("/window/intake", sent)
    assert answer.status_code == 302, answer.content.decode()
    assert Case.objects.count() == before + 1
    use = Use.objects.get()
    assert (use.licence_id, use.position, use.consent_how) == (licence.pk, 3, "counter")
