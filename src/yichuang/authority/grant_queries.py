"""Reading grants: the register, one instrument with its life, and what a change would change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.utils.translation import gettext as _

from yichuang.authority import drafts, grant_rules
from yichuang.authority.drafts import GrantDraft, Known
from yichuang.authority.facts import COUNTY, DECIDE, DROPPED, EVERYWHERE, GUIDE, PUBLISHED, Grant
from yichuang.authority.grant_rules import Preview, Question
from yichuang.authority.models import Grant as Row
from yichuang.authority.queries import STRETCHES, Order, grant_of, order
from yichuang.authority.rules import Ruling
from yichuang.journal import queries as journal
from yichuang.journal.queries import EntrySheet
from yichuang.verdict import Fault, Refusal

HALL = "hall"


@dataclass(frozen=True, slots=True)
class GrantSheet:
    """A grant as pages show it. state: of the register (facts.GRANT_STATES).

    author_ids: who wrote on it. approver, publisher come from the row; "" for a county pack's.
    suspensions: (first, last or None, reason).
    """

    draft: GrantDraft
    grant: Grant
    state: str
    seq: int
    authors: tuple[str, ...]
    author_ids: frozenset[int]
    approver: str
    published_at: datetime | None
    revoked_reason: str
    suspensions: tuple[tuple[date, date | None, str], ...]

    @property
    def number(self) -> str:
        return self.draft.number

    @property
    def from_pack(self) -> bool:
        """Whether a county pack brought it: then nobody drafted it here."""
        return not self.authors

    def standing(self, on: date) -> str:
        """Its state on a day: the register's, or for a published one that of its days."""
        return self.grant.state(on) if self.state == PUBLISHED else self.state


def grant_stream(number: str) -> str:
    """The journal's stream of one grant; a number is at most 70 characters (drafts.NUMBER)."""
    return f"grant:{number}"


def grant_unknown(number: str) -> Refusal:
    return Refusal(
        "grant-unknown",
        _("没有文号为“%(number)s”的授权文书。") % {"number": number},
        remedy=_("请从授权文书列表里选择。"),
        status=404,
    )


def draft_of(row: Row) -> GrantDraft:
    """What the instrument says, as drafts.check takes it."""
    return GrantDraft(
        file="",
        row=0,
        number=row.number,
        instrument=row.instrument,
        from_organ=row.from_organ_id,
        to_organ=row.to_organ_id,
        items=tuple(row.items),
        places=tuple(row.places),
        outlets=tuple(row.outlets),
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        revoked_on=row.revoked_on,
        seal=row.seal_code,
        signatory_title=row.signatory_title,
        notice=row.notice,
        basis=row.basis,
        draft=row.draft,
        max_amount=row.max_amount,
        text=row.text,
        notice_url=row.notice_url,
        noticed_on=row.noticed_on,
    )


def authors_of(row: Row) -> frozenset[int]:
    return frozenset(int(one["person"]) for one in row.drafted_by if one.get("person"))


def _sheet(row: Row) -> GrantSheet:
    stretches = sorted(row.suspensions.all(), key=lambda one: one.starts_on)
    return GrantSheet(
        draft=draft_of(row),
        grant=grant_of(row, stretches),
        state=row.state,
        seq=row.seq,
        authors=tuple(one.get("name", "") for one in row.drafted_by),
        author_ids=authors_of(row),
        approver=row.approved_by.get("name", ""),
        published_at=row.published_at,
        revoked_reason=row.revoked_reason,
        suspensions=tuple((one.starts_on, one.ends_on, one.reason) for one in stretches),
    )


def grants(*, public: bool = False) -> list[GrantSheet]:
    """The register, newest first day first; `public`: published ones only. 2 SQL."""
    rows = Row.objects.prefetch_related(STRETCHES).order_by("-valid_from", "number")
    if public:
        rows = rows.filter(state=PUBLISHED)
    return [_sheet(row) for row in rows]


def grant(number: str, *, public: bool = False) -> GrantSheet:
    """One grant. Refusal "grant-unknown" (404); `public`: for one not published, too. 2 SQL."""
    rows = Row.objects.prefetch_related(STRETCHES).filter(pk=number)
    if public:
        rows = rows.filter(state=PUBLISHED)
    row = next(iter(rows), None)
    if row is None:
        raise grant_unknown(number)
    return _sheet(row)


def life(number: str) -> tuple[EntrySheet, ...]:
    """What was done with a grant, oldest first; a county pack's publication is not among it. 1 SQL."""
    return journal.timeline(grant_stream(number))


# -- checking a draft ------------------------------------------------------------------------------


def known(standing: Order, on: date, seals: Mapping[str, str]) -> Known:
    """What the standing order gives a draft to be measured by, on its first day."""
    county = standing.county
    government = standing.by_town.get(county.code, {}).get("government") if county else None
    tokens = {COUNTY: government.code} if government else {}
    owners = {}
    for code in standing.items:
        competence = standing.competence(code, on)
        if competence is not None and competence.role not in (GUIDE, DECIDE):
            owners[code] = tokens.get(competence.decider, competence.decider)
    return Known(
        items={code: versions[-1].permit for code, versions in standing.items.items()},
        owners=owners,
        organs={code: organ.administrative for code, organ in standing.organs.items()},
        areas={code: organ.division for code, organ in standing.organs.items()},
        places=frozenset(standing.places),
        outlets=frozenset(standing.outlets),
        seals=seals,
    )


def grant_faults(draft: GrantDraft, seals: Mapping[str, str]) -> list[Fault]:
    """Everything wrong with a draft, by itself and beside every other grant. 2 SQL."""
    found = drafts.grant_faults(draft, known(order(), draft.valid_from, seals))
    others = Row.objects.exclude(state=DROPPED).order_by("number")
    return found + drafts.overlaps(
        draft, [draft_of(row) for row in others if row.pk != draft.number]
    )


# -- what would change -----------------------------------------------------------------------------


def revoked(sheet: GrantSheet, on: date) -> Grant:
    return replace(sheet.grant, revoked_on=on)


def suspended(sheet: GrantSheet, first: date, last: date | None) -> Grant:
    return replace(sheet.grant, suspensions=(*sheet.grant.suspensions, (first, last)))


def lifted(sheet: GrantSheet, on: date) -> Grant:
    """Without what is left of its suspensions from a day on."""
    kept = [(first, last) for first, last in sheet.grant.suspensions if last and last < on]
    return replace(sheet.grant, suspensions=tuple(kept))


def preview(before: Order, changed: Grant, on: date) -> Preview:
    """What the grant, so changed, would change on a day: every item and place in its scope, each at
    the place's own centre, the county's halls and the outlets the grant names.

    A grant with a limit is asked for with a sum of just that limit. No SQL.
    """
    after = before.granting(changed)
    scope = [place for place in before.places.values() if changed.holds_place(place)]
    whole = [*before.grants, changed]
    groups = grant_rules.alike([place for place in scope if place.town_code], whole)
    halls = [code for code, one in before.outlets.items() if one.outlet.kind == HALL]

    def questions() -> Iterable[Question]:
        for group in groups:
            centre = before.centre_of(group[0])
            named = changed.outlets - {EVERYWHERE}
            outlets = sorted(named) or [*([centre.outlet.code] if centre else []), *halls]
            for item in sorted(changed.items):
                for outlet in outlets:
                    yield Question(item, outlet, group)

    def ask_of(standing: Order) -> grant_rules.Ask:
        def ask(item: str, place: str, outlet: str) -> Ruling | None:
            try:
                return standing.ruling(item, place, outlet, on, changed.max_amount)
            except Refusal:  # the item is not in force: nobody is asked for it
                return None

        return ask

    return grant_rules.compare(questions(), ask_of(before), ask_of(after), on=on)
