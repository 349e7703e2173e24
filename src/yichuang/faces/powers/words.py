"""How this face says what the register holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from yichuang.authority import grant_rules, wording
from yichuang.authority.grant_queries import GrantSheet
from yichuang.authority.grant_rules import Preview, Side
from yichuang.authority.queries import Order
from yichuang.journal.queries import EntrySheet


def standing(sheet: GrantSheet, on: date) -> dict[str, Any]:
    """The state as a mark shows it."""
    code = sheet.standing(on)
    text, kind = wording.STANDINGS[code]
    return {"code": code, "text": text, "kind": kind}


def story(sheet: GrantSheet, entries: Sequence[EntrySheet]) -> list[dict[str, Any]]:
    """The life of a grant, newest first, from the journal."""
    last = len(entries) - 1
    told = [
        {
            "title": str(grant_rules.LIFE[grant_rules.BY_KIND[entry.kind]].name),
            "when": entry.at,
            "by": entry.author.get("name", ""),
            "text": _said(entry),
            "state": "current" if number == last else "done",
        }
        for number, entry in enumerate(entries)
    ]
    if sheet.from_pack:
        first = {"title": _("由县包登记并公布"), "state": "done" if told else "current"}
        told.insert(0, first)
    return told[::-1]


def _said(entry: EntrySheet) -> str:
    said, parts = entry.payload, []
    first, until, on = said.get("from"), said.get("until"), said.get("on")
    if first and until:
        parts.append(_("%(first)s至%(last)s") % {"first": first, "last": until})
    elif first or on:
        parts.append(_("自%(day)s起") % {"day": first or on})
    if said.get("reason"):
        parts.append(said["reason"])
    return "；".join(parts)


def changes(preview: Preview, order: Order) -> list[dict[str, Any]]:
    """What changes alike in one line: items, counters and places that go from one to another."""
    lines: dict[tuple[Side, Side], list[Any]] = defaultdict(list)
    for change in preview.changes:
        lines[change.before, change.after].append(change)
    found = []
    for (before, after), some in lines.items():
        places = list(dict.fromkeys(name for one in some for name in one.places))
        outlets = sorted({one.outlet for one in some})
        found.append(
            {
                "items": wording.items_of(order, {one.item for one in some}),
                "outlets": [order.outlet(code).name for code in outlets],
                "places": places,
                "rulings": sum(len(one.places) for one in some),
                "before": before,
                "after": after,
                "same_decider": before.decider == after.decider,
                "same_seal": before.seal == after.seal,
            }
        )
    return sorted(found, key=lambda line: -int(line["rulings"]))
