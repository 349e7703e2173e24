"""一件事 from home: which steps, then the same pages as for one item, and one page to follow it all.

The draft's content holds the chosen steps; everything else is asked as for an item (`apply`).
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils import timezone

from yichuang.authority import queries as authority
from yichuang.cases import bundle_queries, chain_rules, drafts, tracking
from yichuang.cases.bundle_queries import BundleSheet, LinkSheet, is_guided
from yichuang.cases.drafts import Opened
from yichuang.catalogue import queries as catalogue
from yichuang.catalogue.queries import ChainSheet
from yichuang.design.context import named
from yichuang.faces.portal import attempts, words
from yichuang.faces.portal.page import page, private
from yichuang.faces.portal.views.apply import (
    either,
    opened_here,
    resume_at,
    save,
    shown_page,
)
from yichuang.verdict import Refusal


@private
@either
def start(request: HttpRequest, code: str) -> HttpResponse:
    """Which steps of a chain to apply for, and the button that begins. 8 SQL."""
    at = timezone.now()
    chain = catalogue.chain_sheet(code, timezone.localdate(at))
    refusal = None
    chosen: tuple[int, ...] = _usual(chain)
    have: tuple[int, ...] = ()
    if request.method == "POST":
        chosen, have = _chosen(chain, request.POST)
        try:
            attempts.begun(request)
            begun = drafts.begin_chain(chain_code=code, chosen=chosen, have=have, at=at)
            return HttpResponseRedirect(reverse("portal:apply-step", args=[begun.secret, "who"]))
        except Refusal as problem:
            refusal = problem
    shown = {"chain": chain, "steps": _steps(chain, chosen, have), "refusal": refusal}
    return page(request, "bundle_start", shown, status=refusal.status if refusal else 200)


@private
@either
def steps(request: HttpRequest, code: str) -> HttpResponse:
    """The steps of an application under way, to be changed. What was answered stays."""
    opened = opened_here(request, code)
    guide = opened.chain
    if guide is None or opened.state == drafts.FILED:
        return resume_at(opened)
    refusal = None
    chosen: Collection[int] = guide.chosen
    have: Collection[int] = guide.have
    if request.method == "POST":
        chosen, have = _chosen(guide.chain, request.POST)
        verdict = chain_rules.check_choice(guide.chain.steps, set(chosen) - set(have))
        verdict = verdict and chain_rules.check_choice(guide.chain.steps, chosen)
        try:
            verdict.enforce()
            # not the fitted content: an answer to a step that is taken in again later still counts
            save(request, opened, replace(opened.kept, chosen=chosen, have=have))
            return resume_at(opened)
        except Refusal as problem:
            refusal = problem
    shown = {"chain": guide.chain, "steps": _steps(guide.chain, chosen, have), "refusal": refusal}
    status = refusal.status if refusal else 200
    return shown_page(request, "bundle_steps", opened, "", shown, status=status)


def _usual(chain: ChainSheet) -> tuple[int, ...]:
    """What everybody does; alternatives are asked."""
    return tuple(
        step.seq
        for step in chain.steps
        if not (step.optional or step.alternative or step.opens_on == "failed")
    )


def _chosen(chain: ChainSheet, sent: QueryDict) -> tuple[tuple[int, ...], tuple[int, ...]]:
    known = [step.seq for step in chain.steps]
    picked = [value for name in sent for value in sent.getlist(name) if _is_pick(name)]
    chosen = bundle_queries.by_seq(picked, known)
    have = bundle_queries.by_seq(sent.getlist("have"), chosen)
    return chosen, have


def _is_pick(name: str) -> bool:
    return name == "step" or name.startswith("one-of-")


def _steps(
    chain: ChainSheet, chosen: Collection[int], have: Collection[int]
) -> list[dict[str, Any]]:
    """The chain's steps as the form shows them, with what comes first in words."""
    order, today = authority.order(), timezone.localdate()
    last = {step.alternative: step.seq for step in chain.steps if step.alternative}
    return [
        {
            "link": link,
            "seq": link.step.seq,
            "name": named(link.step.item_name, link.step.item_name_en),
            "group": f"one-of-{link.step.alternative}" if link.step.alternative else "",
            "chosen": link.step.seq in chosen,
            "have": link.step.seq in have,
            "guided": is_guided(order, link.step.item_code, today),
            "last": last.get(link.step.alternative) == link.step.seq,
        }
        for link in words.steps(chain, {})
    ]


# -- after filing ----------------------------------------------------------------------------------


def done(request: HttpRequest, opened: Opened, bundle_id: uuid.UUID) -> HttpResponse:
    """One number, the cases that began, what waits, and what doing it at once spared."""
    code = tracking.code(bundle_id)
    sheet = bundle_queries.tracked(code=code, today=timezone.localdate())
    whole = settings.PUBLIC_URL + reverse("portal:case", args=[sheet.tracking_code])
    return shown_page(request, "bundle_done", opened, "", {**followed(sheet), "whole": whole})


def followed(sheet: BundleSheet) -> dict[str, Any]:
    """A bundle as its applicant sees it: organs answer for what was done, not officials."""
    return {
        "bundle": sheet,
        "name": named(sheet.name, sheet.name_en),
        "kind": bundle_queries.KINDS[sheet.state],
        "links": [_link(link) for link in sheet.links],
        "spared": sheet.spared,
        "yours": [_link(link) for link in sheet.links if link.missing or _is_yours(link)],
        "timeline": [
            {
                "title": line.title,
                "when": line.at,
                "by": line.organ,
                "text": named(line.item, line.item_en),
            }
            for line in sheet.timeline
            if line.told
        ],
    }


def _is_yours(link: LinkSheet) -> bool:
    return link.state == chain_rules.GUIDED


def _link(link: LinkSheet) -> dict[str, Any]:
    waits = link.state == chain_rules.WAITING
    return {
        "link": link,
        "name": named(link.item_name, link.item_name_en),
        "state": link.case_state or link.state_name,
        "kind": "attention" if link.missing else bundle_queries.LINK_KINDS[link.state],
        "after": [named(*pair) for pair in link.after] if waits else [],
        "guided": _is_yours(link),
    }
