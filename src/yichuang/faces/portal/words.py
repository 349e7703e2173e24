"""Catalogue sheets in the words and the order of a page. No SQL, no clock."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain as joined
from itertools import zip_longest

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from yichuang.catalogue.queries import ChainSheet, DomainSheet, ItemGuide, ItemLine, StepSheet
from yichuang.catalogue.search import Hit


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the guide's answer. draft: not confirmed by the county. href: where the rest is."""

    key: str
    value: str
    draft: bool = False
    href: str = ""


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


def steps(chain: ChainSheet) -> list[tuple[StepSheet, str]]:
    """Each step with what has to come first, in words."""
    names = {step.seq: step for step in chain.steps}
    return [
        (step, _after([seq for seq in step.depends_on if seq in names])) for step in chain.steps
    ]


def _after(earlier: Sequence[int]) -> str:
    if not earlier:
        return _("可以直接开始")
    return _("先办好第 %(steps)s 步") % {"steps": _("、").join(map(str, earlier))}


def handled_in(item: ItemGuide | ItemLine) -> str:
    """How long it takes, as promised."""
    if item.handling == "instant" and not item.promised_days:
        return _("当场办结")
    days = item.promised_days
    return ngettext("%(n)s 个工作日内", "%(n)s 个工作日内", days) % {"n": days}


def glance(item: ItemGuide, elsewhere: str = "") -> list[Fact]:
    """The guide's first answer: who, how long, what to bring, where, how, at what cost.

    elsewhere: who handles it, in words, where no window takes it in.
    """
    return [
        Fact(_("谁能办"), _people(item)),
        Fact(_("多久办完"), _time(item), draft=item.days_draft, href="#days"),
        Fact(_("要带什么"), _bring(item), draft=item.materials_draft, href="#materials"),
        Fact(_("在哪里办"), elsewhere or _place(item), draft=item.membership_draft, href="#where"),
        Fact(_("能在网上办吗"), _("目前到窗口办；办理进度可以在网上查。")),
        Fact(_("收不收费"), _("目录里没有写明，办理前请问清窗口。"), draft=True),
    ]


def _people(item: ItemGuide) -> str:
    names = {"自然人": _("个人"), "法人": _("单位（企业、合作社等）")}
    return _("、").join(names.get(one, one) for one in item.objects)


def _time(item: ItemGuide) -> str:
    said = handled_in(item)
    if item.legal_days is None:
        return said
    most = ngettext(
        "法律规定最长 %(n)s 个工作日", "法律规定最长 %(n)s 个工作日", item.legal_days
    ) % {"n": item.legal_days}
    return _("%(promised)s（%(legal)s）") % {"promised": said, "legal": most}


def _bring(item: ItemGuide) -> str:
    count = len(item.materials)
    if not count:
        return _("不用带材料")
    held = sum(material.held for material in item.materials)
    said = ngettext("%(n)s 样材料", "%(n)s 样材料", count) % {"n": count}
    if not held:
        return said
    free = ngettext("其中 %(n)s 样不用交", "其中 %(n)s 样不用交", held) % {"n": held}
    return _("%(all)s，%(free)s") % {"all": said, "free": free}


def _place(item: ItemGuide) -> str:
    where = [_("县政务服务大厅")]
    if item.town and item.street:
        where.insert(0, _("各镇、街道便民服务中心"))
    elif item.town:
        where.insert(0, _("各镇便民服务中心（街道暂时没有）"))
    if item.village:
        where.insert(0, _("村（社区）便民服务站") if item.town else _("村（社区）帮您联系"))
    return _("、").join(where)
