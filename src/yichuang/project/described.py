"""What the rules say of themselves, as pages: the life of a case, who may do what, the API."""

from __future__ import annotations

import json

from django.utils.translation import override

from yichuang.accounts import permissions as accounts
from yichuang.accounts import roles
from yichuang.accounts.actor import Actor
from yichuang.cases import lifecycle
from yichuang.cases import permissions as cases
from yichuang.cases.models import Case
from yichuang.faces.api.views import api
from yichuang.places.models import Organ, Outlet

START = "[*]"


def states() -> str:
    """The lifecycle table, drawn and in full."""
    with override("zh-hans"):
        lines = [
            "# The life of a case",
            "",
            "From `yichuang.cases.lifecycle.TABLE`: guards, buttons, notices, the public timeline "
            "and the database's constraints come from the same rows.",
            "",
            "```mermaid",
            "stateDiagram-v2",
        ]
        lines += [f'    state "{name}" as {state}' for state, name in lifecycle.STATES.items()]
        for row in lifecycle.TABLE:
            for source in row.sources:
                target = lifecycle.target_of(row, source, before_pause=lifecycle.ACCEPTED)
                lines.append(f"    {source or START} --> {target}: {row.name}")
        lines += [
            f"    {lifecycle.ARCHIVED} --> {START}",
            "```",
            "",
            "| event | 事件 | from | to | owner | clock | paper (permit / other) | basis | only |",
            "|---|---|---|---|---|---|---|---|---|",
        ]
        for row in lifecycle.TABLE:
            sources = ", ".join(str(lifecycle.STATES.get(s, "—")) for s in row.sources)
            target = {lifecycle.SAME: "(as before)", lifecycle.BACK: "(as before the pause)"}.get(
                row.target, str(lifecycle.STATES.get(row.target, ""))
            )
            papers = f"{row.permit_paper or '—'} / {row.other_paper or '—'}"
            only = "; ".join(
                word
                for word, holds in (
                    ("即办件", row.handling == lifecycle.INSTANT),
                    ("once", row.once),
                )
                if holds
            )
            lines.append(
                f"| `{row.event}` | {row.name} | {sources} | {target} | "
                f"{lifecycle.OWNERS[row.owner]} | {lifecycle.CLOCK_EFFECTS[row.clock]} | {papers} | "
                f"{row.basis or '—'} | {only} |"
            )
        lines += ["", f"For items that are not permits the basis is: {lifecycle.OWN_BASIS}."]
    return "\n".join(lines) + "\n"


def permissions() -> str:
    """Roles × events, asked of the permission function itself with an actor in the right place."""
    names = [role for role in roles.ROLES if role != roles.OPERATOR] + [roles.OPERATOR]
    case = _sample()
    with override("zh-hans"):
        head = " | ".join(f"{roles.name_of(role)} `{role}`" for role in names)
        lines = [
            "# Who may do what",
            "",
            "Asked of `yichuang.cases.permissions.may` with an actor posted where the case lies. "
            "A post elsewhere may do none of it.",
            "",
            f"| event | {head} |",
            "|---|" + "---|" * len(names),
        ]
        for row in lifecycle.TABLE:
            if row.sources == (lifecycle.NEW,):
                accepts = row.event != "take_in"
                marks = [
                    bool(cases.may_take_in(_actor(role), case.outlet_id, accepts=accepts))
                    for role in names
                ]
            else:
                marks = [bool(cases.may(_actor(role), row, case)) for role in names]
            told = " | ".join("yes" if mark else "" for mark in marks)
            lines.append(f"| `{row.event}` {row.name} | {told} |")
        lines += ["", "## Accounts", "", "| act | roles |", "|---|---|"]
        for act, allowed in accounts.ACTS.items():
            lines.append(f"| {act} | {', '.join(roles.name_of(role) for role in allowed)} |")
        lines += ["", "| who gives posts | roles they may give |", "|---|---|"]
        for giver, given in accounts.GRANTS.items():
            told = ", ".join(roles.name_of(role) for role in given)
            lines.append(f"| {roles.name_of(giver)} | {told} |")
    return "\n".join(lines) + "\n"


def _sample() -> Case:
    outlet = Outlet(code="outlet", name="outlet")
    organ = Organ(code="organ", name="organ")
    return Case(
        outlet=outlet,
        acceptor=outlet,
        reviewer=organ,
        decider=organ,
        in_name_of=organ,
        owner_user=1,
    )


def _actor(role: str) -> Actor:
    return Actor(1, role, role, organ_code="organ", outlet_code="outlet")


def openapi() -> str:
    """The API's own description (OpenAPI 3.1)."""
    with override("zh-hans"):
        schema = api.get_openapi_schema(path_prefix="/api/v1/")
    return json.dumps(schema, ensure_ascii=False, indent=1, sort_keys=True, default=str) + "\n"
