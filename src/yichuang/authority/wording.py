"""A grant as an instrument a person can read: by what law, from whom to whom, what, where, how long."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from yichuang.authority.facts import AUTHORISE, DEVOLVE, ENTRUST, EVERYWHERE
from yichuang.authority.grant_queries import GrantSheet
from yichuang.authority.queries import Order

INSTRUMENTS = {
    ENTRUST: gettext_lazy("委托"),
    AUTHORISE: gettext_lazy("授权"),
    DEVOLVE: gettext_lazy("下放"),
}
TITLES = {
    ENTRUST: gettext_lazy("委托书"),
    AUTHORISE: gettext_lazy("授权书"),
    DEVOLVE: gettext_lazy("权限下放文书"),
}
# state of the register or of a day → (name, kind of mark)
STANDINGS = {
    "drafted": (gettext_lazy("起草中，待批准"), "draft"),
    "approved": (gettext_lazy("已批准，待公布"), "waiting"),
    "future": (gettext_lazy("已公布，未生效"), "new"),
    "live": (gettext_lazy("有效"), "done"),
    "suspended": (gettext_lazy("暂停"), "attention"),
    "expired": (gettext_lazy("已到期"), "neutral"),
    "revoked": (gettext_lazy("已撤销"), "refused"),
    "dropped": (gettext_lazy("已作废"), "neutral"),
}


@dataclass(frozen=True, slots=True)
class ItemName:
    code: str
    name: str
    permit: bool


@dataclass(frozen=True, slots=True)
class Instrument:
    """A grant in words. items in the order of their codes; the rest are sentences or names."""

    number: str
    title: str
    how: str
    whereas: tuple[str, ...]
    giver: str
    taker: str
    items: tuple[ItemName, ...]
    places: str
    outlets: str
    amount: str
    term: str
    seal: str
    in_name_of: str


def instrument(sheet: GrantSheet, order: Order, seal_name: str = "") -> Instrument:
    """The instrument in words. seal_name: of the entrusted seal, which a floor above knows."""
    draft = sheet.draft
    giver, taker = organ_name(order, draft.from_organ), organ_name(order, draft.to_organ)
    entrusted = draft.instrument == ENTRUST
    return Instrument(
        number=draft.number,
        title=str(TITLES[draft.instrument]),
        how=str(INSTRUMENTS[draft.instrument]),
        whereas=_whereas(draft.instrument, draft.basis),
        giver=giver,
        taker=taker,
        items=items_of(order, draft.items),
        places=places_of(order, draft.places),
        outlets=outlets_of(order, draft.outlets),
        amount=amount_of(draft.max_amount),
        term=term_of(draft.valid_from, draft.valid_to),
        seal=(seal_name or draft.seal) if entrusted else _("%(taker)s自己的章") % {"taker": taker},
        in_name_of=giver if entrusted else taker,
    )


def _whereas(how: str, basis: str) -> tuple[str, ...]:
    """What the instrument rests on: its own basis, and what the law says of such instruments.
    Of a 下放 no law is cited that we have not read: only the instrument's own basis stands."""
    said = [_("依据：%(basis)s。") % {"basis": basis.rstrip("。")}] if basis else []
    law = {
        ENTRUST: _(
            "行政许可法第24条：行政许可可以委托其他行政机关实施，受委托机关和内容应当公告；"
            "以委托机关的名义实施，责任由委托机关承担，不得再转委托。"
        ),
        AUTHORISE: _(
            "行政许可法第23条：法律、法规授权的组织，在授权范围内以自己的名义实施行政许可。"
        ),
        DEVOLVE: "",
    }[how]
    return tuple([*said, law] if law else said)


def organ_name(order: Order, code: str) -> str:
    organ = order.organs.get(code)
    return organ.name if organ else code


def items_of(order: Order, codes: Iterable[str]) -> tuple[ItemName, ...]:
    found = []
    for code in sorted(codes):
        versions = order.items.get(code, ())
        newest = versions[-1] if versions else None
        english = newest is not None and newest.name_en and str(get_language()).startswith("en")
        name = "" if newest is None else newest.name_en if english else newest.name
        found.append(ItemName(code, name, newest.permit if newest else False))
    return tuple(found)


def places_of(order: Order, codes: Iterable[str]) -> str:
    names = [
        order.places[code].name if code in order.places else code
        for code in codes
        if code != EVERYWHERE
    ]
    return _("、").join(names) if names else _("全县")


def outlets_of(order: Order, codes: Iterable[str]) -> str:
    names = [
        order.outlets[code].name if code in order.outlets else code
        for code in codes
        if code != EVERYWHERE
    ]
    return _("只在%(names)s收的件") % {"names": _("、").join(names)} if names else _("不限")


def amount_of(limit: int | None) -> str:
    """A limit in 分, in words."""
    if limit is None:
        return _("不限")
    yuan, fen = divmod(limit, 100)
    return _("每件不超过%(yuan)s元") % {"yuan": f"{yuan}.{fen:02d}" if fen else str(yuan)}


def term_of(first: date, last: date | None) -> str:
    days = {"first": first.isoformat(), "last": last.isoformat() if last else ""}
    return _("%(first)s至%(last)s") % days if last else _("自%(first)s起，长期") % days
