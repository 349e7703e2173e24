"""From an intended paper to one sealed file, and never to two."""

import threading
from datetime import date, timedelta

import pytest
from django.db import connection, transaction

from yichuang.documents import actions, ledger, queries, register, rendering, rules, signing, tasks
from yichuang.documents.models import Paper, Seal, SealUse
from yichuang.files import queries as files
from yichuang.files.models import StoredFile
from yichuang.journal.models import Entry
from yichuang.verdict import Refusal

STREAM = "case:0190aaaa-0000-7000-8000-000000000001"


@pytest.fixture
def give(organs, seals, ruling, clerk, at, facts):
    """give(kind, **changes): an intended paper, committed."""

    def intended(kind="grant_decision", *, seal=rules.MAIN, stream=STREAM, moment=at, **changes):
        with transaction.atomic():
            return actions.intend(
                kind=kind,
                stream=stream,
                content=facts(kind, **changes),
                organ=organs,
                seal=seals[seal] if seal else None,
                ruling=ruling,
                by=clerk,
                at=moment,
            )

    return intended


def test_publishing_seals_twice_changes_nothing(organs, seal_draft, clerk, at):
    drafts = [seal_draft(), seal_draft(row=3, code="n3", kind=rules.NUMBERED, number="3")]
    assert register.publish_seals(drafts, by=clerk, at=at) == 2
    assert register.publish_seals(drafts, by=clerk, at=at) == 0
    ended = [drafts[0], seal_draft(row=3, code="n3", kind=rules.NUMBERED, number="3",
                                   valid_to=date(2026, 1, 1))]  # fmt: skip
    assert register.publish_seals(ended, by=clerk, at=at) == 1
    assert Entry.objects.filter(kind="seals.published").count() == 2
    assert [s.code for s in queries.seals_in_use(organ_code="organ-town", on=date(2026, 2, 1))] == [
        "town-main"
    ]


def test_a_bad_pack_publishes_no_seal(organs, seal_draft, clerk, at):
    with pytest.raises(Refusal) as refused:
        register.publish_seals([seal_draft(), seal_draft(code="x", kind="round")], by=clerk, at=at)
    assert refused.value.code == "seals-invalid" and refused.value.detail["faults"]
    assert not Seal.objects.exists()


def test_intending_takes_a_number_and_two_statements(
    organs, seals, ruling, clerk, at, facts, django_assert_max_num_queries
):
    content = facts("grant_decision")
    with transaction.atomic(), django_assert_max_num_queries(2):
        paper = actions.intend(
            kind="grant_decision", stream=STREAM, content=content, organ=organs,
            seal=seals[rules.MAIN], ruling=ruling, by=clerk, at=at,
        )  # fmt: skip
    assert paper.number == "马桥政许准〔2026〕1号"
    assert paper.state == rules.INTENDED
    assert rules.normal_code(paper.verify_code) == paper.verify_code


def test_the_year_of_a_number_is_the_local_one(give, at):
    eve = at.replace(year=2026, month=12, day=31, hour=15, minute=59)
    assert give(moment=eve).number == "马桥政许准〔2026〕1号"
    assert give(moment=eve + timedelta(minutes=1)).number == "马桥政许准〔2027〕1号"


def test_a_rolled_back_paper_gives_its_number_back(give, transactional_db):
    give()
    with pytest.raises(RuntimeError), transaction.atomic():
        give()
        raise RuntimeError
    assert give().number == "马桥政许准〔2026〕2号"


def test_a_wrong_seal_takes_no_number(give):
    with pytest.raises(Refusal) as refused:
        give(seal=rules.CENTRE)
    assert (refused.value.code, refused.value.status) == ("seal-wrong", 403)
    with pytest.raises(Refusal) as refused:
        give(seal=None)
    assert refused.value.code == "seal-wrong"
    assert give().serial == 1


def test_a_paper_becomes_one_sealed_file(give, at, transactional_db):
    paper = give()
    assert actions.complete(paper_id=paper.pk, at=at) == rules.SEALED
    paper.refresh_from_db()
    sheet, handle = files.open_file(paper.file_id)
    with handle:
        data = handle.read()
    assert data.startswith(b"%PDF-") and sheet.sha256 == paper.sha256
    use = SealUse.objects.get()
    assert (use.paper_id, use.seal_id, use.number) == (paper.pk, "town-main", "用印〔2026〕1号")
    assert (use.item_code, use.case_number) == ("ZR-01-001", paper.content["case_number"])
    assert use.approver_name == "王试样"
    entry = Entry.objects.get(kind="paper.sealed")
    assert entry.payload["sha256"] == paper.sha256 and entry.payload["of"] == STREAM
    assert [p.number for p in queries.papers_of(STREAM)] == [paper.number]


def test_an_unsealed_receipt_uses_no_seal(give, at, transactional_db):
    paper = give("receipt", seal=None)
    assert actions.complete(paper_id=paper.pk, at=at) == rules.SEALED
    assert not SealUse.objects.exists()


def test_completing_again_changes_nothing(give, at, transactional_db):
    paper = give()
    actions.complete(paper_id=paper.pk, at=at)
    before = Paper.objects.values().get()
    assert actions.complete(paper_id=paper.pk, at=at + timedelta(days=1)) == rules.SEALED
    assert Paper.objects.values().get() == before
    assert SealUse.objects.count() == StoredFile.objects.count() == 1


def test_typesetting_never_runs_inside_a_transaction(give, at, transactional_db):
    paper = give()
    with pytest.raises(RuntimeError), transaction.atomic():
        actions.complete(paper_id=paper.pk, at=at)
    assert Paper.objects.get().state == rules.INTENDED


@pytest.mark.fault
@pytest.mark.parametrize("where", ["render", "sign", "store", "enter", "record"])
def test_dying_anywhere_leaves_it_intended_and_the_next_attempt_seals_it_once(
    give, at, transactional_db, monkeypatch, where
):
    paper = give()

    class Died(BaseException):
        pass

    def die(*_args, **_kwargs):
        raise Died

    owner = {"render": rendering, "sign": signing, "enter": ledger}.get(where, actions)
    with monkeypatch.context() as patched, pytest.raises(Died):
        patched.setattr(owner, where, die)
        actions.complete(paper_id=paper.pk, at=at)
    assert Paper.objects.get().state == rules.INTENDED
    assert not SealUse.objects.exists() and not StoredFile.objects.exists()
    assert queries.unfinished(at + timedelta(minutes=1)) == [paper.pk]

    assert actions.complete(paper_id=paper.pk, at=at) == rules.SEALED
    assert SealUse.objects.get().serial == 1
    assert queries.unfinished(at + timedelta(minutes=1)) == []


@pytest.mark.fault
def test_eight_workers_racing_seal_it_once(shared_database, give, at):
    """Seen to fail with the state left out of the look-up and the update: every worker goes on to
    the ledger, and only its unique line per paper still stops the second."""
    paper = give()
    states, errors = [], []

    def work():
        try:
            states.append(actions.complete(paper_id=paper.pk, at=at))
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    # who comes second leaves it to the first, whose paper may not be finished yet
    assert not errors and rules.SEALED in states and set(states) <= {rules.SEALED, rules.INTENDED}
    assert Paper.objects.get().state == rules.SEALED
    assert SealUse.objects.count() == StoredFile.objects.count() == 1
    assert Entry.objects.filter(kind="paper.sealed").count() == 1


def test_a_seal_that_went_out_of_use_meanwhile_is_not_used(give, at, clerk, transactional_db):
    paper = give()
    Seal.objects.update(valid_to=date(2026, 3, 25))
    assert actions.complete(paper_id=paper.pk, at=at) == rules.FAILED
    failed = queries.paper(paper.pk)
    assert "停用" in failed.reason and failed.file_id is None
    assert not SealUse.objects.exists()

    Seal.objects.update(valid_to=None)
    actions.retry(paper_id=paper.pk, by=clerk, at=at)
    assert actions.complete(paper_id=paper.pk, at=at) == rules.SEALED
    with pytest.raises(Refusal) as refused:
        actions.retry(paper_id=paper.pk, by=clerk, at=at)
    assert refused.value.code == "paper-not-failed"


def test_a_paper_that_cannot_be_set_fails_with_its_reason(give, at, transactional_db):
    paper = give(clock={"due": "2026-03-02"})  # no first day: the template stumbles
    assert actions.complete(paper_id=paper.pk, at=at) == rules.FAILED
    assert queries.paper(paper.pk).reason


def test_the_sweep_asks_for_overdue_papers_alone(give, at, transactional_db, monkeypatch):
    asked = []
    monkeypatch.setattr(tasks, "enqueue", asked.append)
    old = give()
    sealed = give()
    actions.complete(paper_id=sealed.pk, at=at)
    monkeypatch.setattr(tasks.timezone, "now", lambda: at + timedelta(minutes=4))
    assert tasks.sweep() == 0
    monkeypatch.setattr(tasks.timezone, "now", lambda: at + timedelta(minutes=6))
    assert tasks.sweep() == 1
    assert [task.arguments for task in asked] == [{"paper_id": str(old.pk)}]


def test_the_task_is_the_one_that_completion_names(give, at, transactional_db, monkeypatch):
    paper = give()
    wanted = actions.completion(paper)
    monkeypatch.setattr(tasks.timezone, "now", lambda: at)
    assert wanted.name == actions.COMPLETE
    assert tasks.complete(**wanted.arguments) == rules.SEALED


def test_the_seal_to_use(organs, seals):
    day = date(2026, 3, 1)
    kinds = (rules.NUMBERED, rules.MAIN)
    assert queries.seal_for(organ_code="organ-town", kinds=kinds, on=day).code == "town-main"
    with pytest.raises(Refusal) as refused:
        queries.seal_for(organ_code="organ-town", kinds=(rules.NUMBERED,), on=day)
    assert refused.value.code == "seal-missing"
