"""Service guides and handbooks on paper: A4 whole, A4 on one page, a slip of 80 mm for one situation.

They carry no seal and no number and are no evidence: each is drawn anew from the item's version when
somebody asks (some ten milliseconds), and says which version it is. Texts come from guide_words.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext as _

from yichuang.catalogue.queries import ItemGuide
from yichuang.documents import guide_words as words
from yichuang.documents import rendering, rules
from yichuang.documents.guide_case import Entry, Walk, english, entries, named, spared
from yichuang.documents.guide_words import Bodies, Contact, Section

TEMPLATE = "guide.typ"


@dataclass(frozen=True, slots=True)
class Imprint:
    """Where a printed guide comes from. county: its name. address: of the guide on the web, in the QR
    code. site: the public address. at: when it was drawn. demo: a demonstration, and marked so."""

    county: str
    address: str
    site: str
    at: datetime
    demo: bool


def full(
    item: ItemGuide,
    walked: Walk,
    *,
    imprint: Imprint,
    who: Bodies,
    contacts: Sequence[Contact],
    online: bool = False,
    elsewhere: str = "",
) -> bytes:
    """Every element of GB/T 36114-2018 on A4, for one situation or for all. Raises RenderFailed."""
    sections = [
        words.conditions(item),
        words.steps(item, walked),
        words.days(item),
        words.fee(item, walked),
        words.result(item),
        words.limit(item),
        words.standard(item),
        words.bodies(who),
        words.consult(contacts),
        words.progress(imprint.site),
        words.rights(item),
        words.mistakes(item),
        words.basis(item),
        words.about(item),
    ]
    told = None if walked.answered else words.situations(item)
    page = _page(item, imprint, _("办事指南（完整版）"), walked)
    page |= {
        "kind": "full",
        "facts": _facts(item, walked, online, elsewhere),
        "sections": [_section(section) for section in [told, *sections] if section],
        "materials": _materials(item, walked),
    }
    return _set(page, imprint)


def short(
    item: ItemGuide,
    walked: Walk,
    *,
    imprint: Imprint,
    contacts: Sequence[Contact],
    online: bool = False,
    elsewhere: str = "",
) -> bytes:
    """What one needs to come once, on one page of A4 (smaller type where there is much)."""
    sections = [words.steps(item, walked), words.consult(contacts), words.mistakes(item)]
    page = _page(item, imprint, _("办事指南（简版）"), walked)
    page |= {
        "kind": "short",
        "facts": _facts(item, walked, online, elsewhere),
        "sections": [_section(section) for section in sections],
        "materials": _materials(item, walked),
    }
    return _set(page, imprint)


def slip(item: ItemGuide, walked: Walk, *, imprint: Imprint, elsewhere: str = "") -> bytes:
    """What to bring in this one situation, on a roll of 80 mm."""
    page = _page(item, imprint, _("材料清单"), walked)
    page |= {
        "kind": "slip",
        "facts": _facts(item, walked, False, elsewhere, only={"days", "fee", "where"}),
        "sections": [],
        "materials": _materials(item, walked),
        "printed": _("打印时间：%(at)s") % {"at": f"{imprint.at:%Y-%m-%d %H:%M}"},
    }
    return _set(page, imprint)


def handbook(item: ItemGuide, sections: Iterable[Section], *, imprint: Imprint) -> bytes:
    """A clerk's handbook on A4: the sections as the window's face words them."""
    page = _page(item, imprint, _("窗口手册（内部使用）"), None)
    page |= {
        "kind": "handbook",
        "facts": [],
        "sections": [_section(section) for section in sections],
        "materials": None,
    }
    return _set(page, imprint)


def _set(page: dict[str, Any], imprint: Imprint) -> bytes:
    missing = rules.uncovered(json.dumps(page, ensure_ascii=False), rendering.coverage())
    page = rendering.written(page) | {"qr": rendering.qr(imprint.address)}
    if missing:
        spelt = "、".join(rules.spell_out(letter, rendering.coverage()) for letter in missing)
        page["uncovered"] = _("注：%(letters)s 为字库尚未收录的字，按统一码写出。") % {
            "letters": spelt
        }
    return rendering.typeset(TEMPLATE, page, at=imprint.at.astimezone(UTC))


def _page(item: ItemGuide, imprint: Imprint, what: str, walked: Walk | None) -> dict[str, Any]:
    answered = walked.answered if walked else ()
    notes = []
    if item.state != "active":
        notes.append(_("这个事项现在暂停办理或已经取消，请先问窗口。"))
    if words.drafted(item):
        notes.append(_("标着“草案”的内容还没有经县里确认，以县公布的为准。"))
    if walked and walked.question is not None:
        notes.append(_("材料看情况有增减：扫码回答几个问题，就能看到您的准确清单。"))
    return {
        "lang": "en" if english() else "zh",
        "what": what,
        "county": imprint.county,
        "title": named(item),
        "edition": _("%(code)s · %(version)s")
        % {"code": item.code, "version": words.version(item)},
        "printed": _("生成日期：%(day)s") % {"day": imprint.at.date().isoformat()},
        "paging": _("第 @n 页，共 @all 页"),
        "address": imprint.address.partition("://")[2] or imprint.address,
        "scan": _("扫码看最新版"),
        "draft": _("草案"),
        "demo": _("演示环境，虚构数据") if imprint.demo else "",
        "situation": {
            "title": _("您的情况"),
            "answers": [[one.ask, one.label] for one in answered],
            "notes": _situation_notes(walked) if walked else [],
        },
        "notes": notes,
        "uncovered": "",
    }


def _situation_notes(walked: Walk) -> list[str]:
    rows = [*walked.conflicts, *([walked.outcome.verdict] if walked.outcome.verdict else [])]
    told = [words.way_out(row) for row in rows]
    if walked.answered:
        told += words.in_person(walked)
        told += words.hints(walked)
    return told


def _facts(
    item: ItemGuide, walked: Walk, online: bool, elsewhere: str, only: Collection[str] = ()
) -> list[list[Any]]:
    facts = words.answer(item, walked, elsewhere=elsewhere, online=online)
    return [[one.name, one.value, one.draft] for one in facts if not only or one.key in only]


def _section(section: Section) -> dict[str, Any]:
    table = section.table
    return {
        "title": section.title,
        "lines": list(section.lines),
        "listed": section.listed,
        "pairs": [list(pair) for pair in section.pairs],
        "draft": section.draft,
        "table": {
            "head": list(table.head),
            "rows": [list(row) for row in table.rows],
            "widths": list(table.widths),
        }
        if table
        else None,
    }


def _materials(item: ItemGuide, walked: Walk) -> dict[str, Any]:
    listed = entries(item, walked)
    return {
        "title": _("您要带的材料") if walked.complete and walked.answered else _("要带的材料"),
        "draft": item.materials_draft,
        "head": [_("序号"), _("材料"), _("要求"), _("为什么要，依据")],
        "rows": [_row(entry) for entry in listed],
        "none": _("目录里没有写要带材料，带上身份证即可。"),
        "rule": _("清单以外的材料，窗口不能要。"),
        "spared": [
            _("不用交：%(name)s") % {"name": name}
            + (_("（%(note)s）") % {"note": why} if why else "")
            for name, why in spared(item, walked)
        ],
        "samples_title": _("样例和要求"),
        "samples": [
            {"name": entry.name, "text": entry.sample, "fields": [list(f) for f in entry.fields]}
            for entry in listed
            if entry.sample or entry.fields
        ],
    }


def _row(entry: Entry) -> dict[str, Any]:
    return {
        "number": entry.number,
        "name": entry.name,
        "note": entry.note,
        "why": entry.why,
        "form": entry.form,
        "reason": entry.reason,
        "basis": entry.basis,
        "basis_draft": entry.basis_draft,
        "marks": [mark.text for mark in entry.marks if mark.kind != "barred"],
    }
