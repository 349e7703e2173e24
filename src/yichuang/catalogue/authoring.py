"""The county writes an item's next version in the browser, tries it on examples, and publishes it.

A draft holds only what it changes. One person writes it, another publishes; whoever wrote on it
may not publish it. What blocks publishing is `checks.check_item`, and every recorded example whose
outcome would change, until it is accepted expressly.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from yichuang.accounts.actor import Actor
from yichuang.catalogue import replay, search
from yichuang.catalogue import versions as stored
from yichuang.catalogue.models import DraftVersion, Example, Item, ItemVersion, Material
from yichuang.catalogue.permissions import may_edit, may_publish
from yichuang.catalogue.queries import upkeep
from yichuang.catalogue.situations import check_answers, settled
from yichuang.journal.actions import record
from yichuang.verdict import Refusal

MOST_EXAMPLES = 200  # live ones of an item; replayed at every publication


def begin_draft(*, item_code: str, by: Actor, at: datetime) -> int:
    """Begin the next version of an item; the draft's id. Refusals "draft-open" (409),
    "item-unknown"."""
    may_edit(by).enforce(status=403)
    with transaction.atomic():
        newest = upkeep.newest_version(item_code)
        try:
            with transaction.atomic():
                draft = DraftVersion.objects.create(
                    item_id=item_code,
                    based_on=newest.version,
                    content={},
                    drafted_by=[by.journal_record()],
                    drafted_at=at,
                )
        except IntegrityError as error:
            raise Refusal(
                "draft-open",
                _("“%(name)s”已经有一份没有完成的草稿。") % {"name": newest.name},
                remedy=_("请在那份草稿上继续修改，或先作废它。"),
                status=409,
            ) from error
        _record("catalogue.draft-begun", draft, by, at, based_on=newest.version)
    return draft.pk


def save_draft(
    *, draft_id: int, seq: int, content: Mapping[str, Any], note: str = "", by: Actor, at: datetime
) -> int:
    """Keep what the draft changes now, all of it; the draft's new seq.

    content: versions.EDITABLE as JSON. A draft that was ready is being written again. Faults are
    no hindrance here. Refusals "draft-moved-on" (409), "draft-closed" (409), "draft-unreadable"
    (field names the one that cannot be read).
    """
    may_edit(by).enforce(status=403)
    with transaction.atomic():
        draft = _held(draft_id, seq)
        _read(draft, content)
        draft.content, draft.note = dict(content), note[:300]
        draft.state = "open"
        known = upkeep.author_ids(draft.drafted_by)
        if by.person_id not in known:
            draft.drafted_by = [*draft.drafted_by, by.journal_record()]
        _moved(draft)
        changed = {"fields": sorted(content), "content": stored.digest(draft.content)}
        _record("catalogue.draft-saved", draft, by, at, **changed)
    return draft.seq


def renew_draft(*, draft_id: int, seq: int, by: Actor, at: datetime) -> int:
    """Put the draft on the newest version, after another was published; the draft's new seq.

    What the draft changes stays; what it does not change is now as in the newest version.
    """
    may_edit(by).enforce(status=403)
    with transaction.atomic():
        draft = _held(draft_id, seq)
        draft.based_on = upkeep.newest_version(draft.item_id).version
        draft.state = "open"
        _moved(draft)
        _record("catalogue.draft-renewed", draft, by, at, based_on=draft.based_on)
    return draft.seq


def mark_ready(*, draft_id: int, seq: int, by: Actor, at: datetime) -> int:
    """Hand the draft over to be published; its new seq. Refusals "draft-faulty", "draft-empty"."""
    may_edit(by).enforce(status=403)
    with transaction.atomic():
        draft = _held(draft_id, seq)
        after = _read(draft, draft.content)
        if not draft.content:
            raise Refusal(
                "draft-empty",
                _("草稿里还没有任何修改。"),
                remedy=_("请先修改并保存，再提交核对。"),
            )
        _refuse_faults(after)
        draft.state = "ready"
        _moved(draft)
        _record("catalogue.draft-ready", draft, by, at, content=stored.digest(draft.content))
    return draft.seq


def drop_draft(*, draft_id: int, seq: int, by: Actor, at: datetime) -> None:
    """Give the draft up."""
    may_edit(by).enforce(status=403)
    with transaction.atomic():
        draft = _held(draft_id, seq)
        draft.state = "dropped"
        _moved(draft)
        _record("catalogue.draft-dropped", draft, by, at)


def publish_draft(
    *,
    draft_id: int,
    seq: int,
    effective_on: date,
    accept_changed: Collection[int] = (),
    by: Actor,
    at: datetime,
) -> int:
    """Make the draft the item's next version from a day on; the version's number.

    Called by authority.actions.publish_item_draft, which tells every process. accept_changed: ids
    of the examples whose outcome may change; their new outcome is kept, and one that cannot be
    answered any more is retired. Refusals "draft-not-ready", "draft-own-work" (403),
    "draft-outdated" (409), "draft-faulty", "draft-changes-nothing", "version-effective-date",
    "examples-changed" (detail: examples, by id).
    """
    may_edit(by).enforce(status=403)
    with transaction.atomic():
        draft = _held(draft_id, seq)
        Item.objects.select_for_update().get(pk=draft.item_id)
        may_publish(by, upkeep.author_ids(draft.drafted_by)).enforce(status=403)
        if draft.state != "ready":
            raise Refusal(
                "draft-not-ready",
                _("草稿还在修改，没有提交核对。"),
                remedy=_("请起草人先提交核对，再由另一个人发布。"),
                status=409,
            )
        newest = upkeep.newest_version(draft.item_id)
        if newest.version != draft.based_on:
            raise Refusal(
                "draft-outdated",
                _("起草以后，这个事项又发布了第%(version)s版。") % {"version": newest.version},
                remedy=_("请把草稿移到最新版上，核对后重新提交。"),
                status=409,
            )
        _check_day(effective_on, newest, at)
        after = _read(draft, draft.content)
        _refuse_faults(after)
        said = stored.content(after)
        now = stored.digest(said)
        if now == newest.content_hash:
            raise Refusal(
                "draft-changes-nothing",
                _("草稿与现行版本完全一样，不用发布。"),
                remedy=_("请修改后再提交，或作废这份草稿。"),
            )
        played = replay.replay(
            upkeep.examples(draft.item_id), after.questions, after.situations, after.materials
        )
        _accept(played, accept_changed, newest.version + 1)
        version, materials = stored.rows_for(
            said, version=newest.version + 1, valid_from=effective_on, content_hash=now
        )
        version.save(force_insert=True)
        Material.objects.bulk_create(materials)
        draft.state, draft.published_version = "published", version.version
        _moved(draft)
        if _searchable(newest) != _searchable(version):
            search.renew(search.locked(), newest.item_id)
        _record(
            "catalogue.version-published",
            draft,
            by,
            at,
            version=version.version,
            effective_on=effective_on.isoformat(),
            fields=sorted(draft.content),
            content=now,
            accepted=sorted(example.id for example in played if example.changed),
        )
    return version.version


def record_example(
    *, item_code: str, name: str, answers: Mapping[str, str], by: Actor, at: datetime
) -> int:
    """Keep answers and what they come to now as an example of the item; its id.

    Answers to situational questions only. Refusals of situations.check_answers,
    "example-unnamed", "example-exists" (409), "examples-full".
    """
    may_edit(by).enforce(status=403)
    with transaction.atomic():
        # the item's row, so that nothing is published between here and the end
        if not Item.objects.select_for_update().filter(pk=item_code).exists():
            upkeep.newest_version(item_code)  # refuses
        newest = stored.draft_of(row := upkeep.newest_version(item_code))
        name = name.strip()[:80]
        if not name:
            raise Refusal(
                "example-unnamed",
                _("样例没有名称。"),
                remedy=_("请写一个看得懂的名称，如“占用耕地新建”。"),
                field="name",
            )
        if Example.objects.filter(item=item_code, retired=False).count() >= MOST_EXAMPLES:
            raise Refusal(
                "examples-full",
                _("一个事项最多保留%(count)d个样例。") % {"count": MOST_EXAMPLES},
                remedy=_("请先停用不再需要的样例。"),
            )
        check_answers(newest.questions, answers).enforce()
        counted = settled(newest.questions, answers)
        expected = replay.result(newest.questions, newest.situations, newest.materials, counted)
        try:
            with transaction.atomic():
                example = Example.objects.create(
                    item_id=item_code,
                    name=name,
                    answers=counted,
                    expected=expected,
                    from_version=row.version,
                    recorded_by=by.journal_record(),
                    recorded_at=at,
                )
        except IntegrityError as error:
            raise Refusal(
                "example-exists",
                _("这个事项已经有名为“%(name)s”的样例。") % {"name": name},
                remedy=_("请换一个名称。"),
                status=409,
                field="name",
            ) from error
        payload = {"item": item_code, "example": example.pk, "answers": counted}
        record(kind="catalogue.example-recorded", by=by, at=at, payload=payload)
    return example.pk


def retire_example(*, example_id: int, by: Actor, at: datetime) -> None:
    """Stop replaying an example. Refusal "example-unknown"."""
    may_edit(by).enforce(status=403)
    with transaction.atomic():
        rows = Example.objects.filter(pk=example_id, retired=False)
        if not rows.update(retired=True):
            raise Refusal(
                "example-unknown",
                _("没有找到这个样例，或者它已经停用。"),
                remedy=_("请刷新样例列表。"),
                status=404,
            )
        payload = {"example": example_id}
        record(kind="catalogue.example-retired", by=by, at=at, payload=payload)


def _held(draft_id: int, seq: int) -> DraftVersion:
    """The draft, locked, and still as the caller saw it."""
    draft = DraftVersion.objects.select_for_update().filter(pk=draft_id).first()
    if draft is None:
        raise upkeep.draft_unknown()
    if draft.state in ("published", "dropped"):
        raise Refusal(
            "draft-closed",
            _("这份草稿已经发布或作废，不能再改。"),
            remedy=_("请另起一份草稿。"),
            status=409,
        )
    if draft.seq != seq:
        raise Refusal(
            "draft-moved-on",
            _("这份草稿刚刚被别人改过，您这次没有保存。"),
            remedy=_("请刷新页面，看看别人改了什么，再改您的。"),
            status=409,
        )
    return draft


def _moved(draft: DraftVersion) -> None:
    draft.seq += 1
    draft.save()


def _read(draft: DraftVersion, content: Mapping[str, Any]) -> stored.ItemDraft:
    before = stored.draft_of(upkeep.newest_version(draft.item_id))
    try:
        return stored.changed(before, content)
    except stored.Unreadable as error:
        raise Refusal(
            "draft-unreadable",
            _("草稿里的“%(field)s”读不懂。") % {"field": error.field},
            remedy=_("请重新填写这一项。"),
            field=error.field,
        ) from error


def _refuse_faults(after: stored.ItemDraft) -> None:
    faults = upkeep.faults_of(after)
    if faults:
        raise Refusal(
            "draft-faulty",
            _("草稿有%(count)d处不能发布：%(first)s")
            % {"count": len(faults), "first": faults[0].reason},
            remedy=_("请按所列各处改正后再提交。"),
            detail={
                "faults": [
                    {
                        "file": fault.file,
                        "row": fault.row,
                        "column": fault.column,
                        "reason": str(fault.reason),
                    }
                    for fault in faults
                ]
            },
        )


def _check_day(effective_on: date, newest: ItemVersion, at: datetime) -> None:
    """A version begins today or later, and after the one before it: nothing holds backwards."""
    earliest = max(timezone.localdate(at), newest.valid_from + timedelta(days=1))
    if effective_on < earliest:
        raise Refusal(
            "version-effective-date",
            _("新版本最早从%(day)s起施行。") % {"day": earliest.isoformat()},
            remedy=_("请改选这一天或以后的日期。"),
            field="effective_on",
        )


def _accept(played: list[replay.Replayed], accepted: Collection[int], version: int) -> None:
    changed = [example for example in played if example.changed]
    open_ = [example for example in changed if example.id not in accepted]
    if open_:
        raise Refusal(
            "examples-changed",
            _("有%(count)d个样例的结果会改变：%(names)s。")
            % {"count": len(open_), "names": "、".join(example.name for example in open_[:5])},
            remedy=_("请逐个核对；确实应当改变的，请明确勾选后再发布。"),
            status=409,
            detail={"examples": [example.id for example in open_]},
        )
    for example in changed:
        rows = Example.objects.filter(pk=example.id)
        if example.reason:
            rows.update(retired=True)
        else:
            rows.update(expected=example.got, from_version=version)


def _searchable(row: ItemVersion) -> tuple[Any, ...]:
    return row.name, row.name_en, row.aliases, row.high_frequency


def _record(kind: str, draft: DraftVersion, by: Actor, at: datetime, **more: Any) -> None:
    record(
        kind=kind,
        by=by,
        at=at,
        stream=f"item-draft:{draft.pk}",
        seq=draft.seq,
        payload={"item": draft.item_id, **more},
    )
