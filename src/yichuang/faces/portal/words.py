"""Catalogue sheets in the words and the order of a page. No SQL, no clock."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain as joined
from itertools import zip_longest

from django.utils.translation import gettext as _

from yichuang.cases import chain_rules
from yichuang.catalogue.queries import ChainSheet, DomainSheet, ItemGuide, ItemLine, StepSheet
from yichuang.catalogue.search import Hit
from yichuang.documents.guide_words import handled_in


def frequent(domains: Sequence[DomainSheet], limit: int) -> list[ItemLine]:
    """Some of the 高频事项, taken in turn from each domain so that no single one fills the page."""
    columns = [[item for item in domain.items if item.high_frequency] for domain in domains]
    in_turn = joined.from_iterable(zip_longest(*columns))
    return [item for item in in_turn if item is not None][:limit]


def only_frequent(
    domains: Iterable[DomainSheet], often: bool
) -> list[tuple[str, tuple[ItemLine, ...]]]:
    """(domain, items) of every domain that has any; with `often` only the 高频事项."""
    rows = [
        (domain.name, tuple(item for item in domain.items if item.high_frequency or not often))
        for domain in domains
    ]
    return [row for row in rows if row[1]]


def hits(found: Iterable[Hit]) -> list[tuple[Hit, str]]:
    """Each hit with the saying by which it was found, where that tells more than its name."""
    return [(hit, hit.why if _is_saying(hit) else "") for hit in found]


def _is_saying(hit: Hit) -> bool:
    """Not its name, with or without the brackets, and not its surroundings (words in a row)."""
    plain = re.sub("（[^（）]*）", "", hit.name)
    return hit.why not in (hit.name, hit.name_en, plain) and " " not in hit.why


@dataclass(frozen=True, slots=True)
class Link:
    """A step of a chain as a page shows it. after: what comes first; either: the steps of which only
    one is done; only_if: it is for those it concerns. days, materials: as its guide says; "" and 0
    where it has none in use."""

    step: StepSheet
    after: str
    either: str
    only_if: bool
    days: str
    materials: int


def steps(chain: ChainSheet, guides: Mapping[str, ItemGuide]) -> list[Link]:
    """Each step with what has to come first, in words."""
    known = {step.seq for step in chain.steps}
    return [
        Link(
            step,
            _after([seq for seq in step.depends_on if seq in known], step.opens_on),
            _either(step, chain),
            step.optional,
            handled_in(guides[step.item_code]) if step.item_code in guides else "",
            len(_asked(guides[step.item_code])) if step.item_code in guides else 0,
        )
        for step in chain.steps
    ]


def _after(earlier: Sequence[int], opens_on: str) -> str:
    if not earlier:
        return _("可以直接开始")
    numbers = {"steps": _("、").join(map(str, earlier))}
    if opens_on == "failed":
        return _("第 %(steps)s 步没办成时才办") % numbers
    if opens_on == "ended":
        return _("第 %(steps)s 步有了结果后办") % numbers
    return _("先办好第 %(steps)s 步") % numbers


def _either(step: StepSheet, chain: ChainSheet) -> str:
    others = [
        one.seq
        for one in chain.steps
        if step.alternative and one.alternative == step.alternative and one.seq != step.seq
    ]
    if not others:
        return ""
    return _("和第 %(steps)s 步只办一个") % {"steps": _("、").join(map(str, others))}


def usual(chain: ChainSheet, guides: Mapping[str, ItemGuide]) -> frozenset[int]:
    """The steps that the figures count: those everybody does, of alternatives the first. A step only
    for some, or only when another fails, is left out. Our choice."""
    taken: set[str] = set()
    chosen = []
    for step in chain.steps:
        if step.optional or step.opens_on == "failed" or step.item_code not in guides:
            continue
        if step.alternative and step.alternative in taken:
            continue
        taken.add(step.alternative)
        chosen.append(step.seq)
    return frozenset(chosen)


def figures(
    chain: ChainSheet, guides: Mapping[str, ItemGuide], chosen: Collection[int]
) -> chain_rules.Spared | None:
    """What these steps ask one by one, and together; None where there is nothing to put together."""
    if len(chosen) < 2:
        return None
    waits = chain_rules.needs(chain.steps, chosen, ())
    measures = []
    for step in chain.steps:
        if step.seq not in chosen:
            continue
        guide = guides[step.item_code]
        visits = guide.elements.visits
        measures.append(
            chain_rules.Measure(
                seq=step.seq,
                facts=tuple(fact.key for fact in guide.facts),
                materials=tuple(_asked(guide)),
                visits=1 if visits is None else visits,
                days=guide.promised_days,
                needs=waits[step.seq],
            )
        )
    return chain_rules.spared(measures)


def _asked(guide: ItemGuide) -> list[str]:
    """The materials that everybody brings."""
    return [material.name for material in guide.materials if material.always and not material.held]
