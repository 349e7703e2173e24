"""What a service guide says, element by element (GB/T 36114-2018; 山东省优化营商环境条例 §28), pure.

The web page, the printed guides and the clerk's handbook say the same because all read here. Texts
are in the reader's language; what the county's data has only in Chinese stays Chinese. Whatever the
county has not confirmed carries `draft`. The wording of rights is ours, the articles are the law's.
More than 500 lines because the standard's list of elements is long, and it is one list.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from yichuang.catalogue.drafts import GuideElements
from yichuang.catalogue.queries import ItemGuide, ItemLine
from yichuang.catalogue.rules import ITEM_TYPES
from yichuang.catalogue.situations import (
    CHAIN,
    CONFLICT,
    FEE,
    IN_PERSON,
    NEED,
    NOT_NEEDED,
    NOT_OURS,
    NOTE,
    PERSONS,
    PLACE,
    PLACES,
    STEP,
    VERDICT,
    WITHOUT,
    Row,
)
from yichuang.documents.guide_case import NOWHERE, Walk, english, entries, named, pick, said, when

PERMIT = "01"
PUBLIC_SERVICE = "20"
HOTLINE = "12345"
# the usual names of steps, for readers of English; others are shown as the county wrote them
STAGES: Mapping[str, str] = {
    "受理": gettext_lazy("受理"),
    "送达": gettext_lazy("送达"),
    "办结": gettext_lazy("办结"),
    "镇街审核": gettext_lazy("镇街审核"),
    "镇街初审": gettext_lazy("镇街初审"),
    "登记": gettext_lazy("登记"),
    "公示": gettext_lazy("公示"),
    "核对": gettext_lazy("核对"),
    "审查": gettext_lazy("审查"),
    "审核": gettext_lazy("审核"),
    "决定": gettext_lazy("决定"),
    "转报": gettext_lazy("转报"),
    "发证": gettext_lazy("发证"),
    "制证": gettext_lazy("制证"),
    "现场踏勘": gettext_lazy("现场踏勘"),
    "现场核查": gettext_lazy("现场核查"),
    "告知结果": gettext_lazy("告知结果"),
    "引导": gettext_lazy("引导"),
}


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the first answer. key: stable name. draft: not confirmed by the county."""

    key: str
    name: str
    value: str
    draft: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """head and rows of plain texts; widths: shares of the room."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with what stands under it: sentences (listed: one below the other with a mark),
    then pairs of name and value, then a table."""

    key: str
    title: str
    lines: tuple[str, ...] = ()
    listed: bool = False
    pairs: tuple[tuple[str, str], ...] = ()
    table: Table | None = None
    draft: bool = False


@dataclass(frozen=True, slots=True)
class Contact:
    """Where one may ask: "" for what is not confirmed."""

    name: str
    address: str = ""
    phone: str = ""
    hours: str = ""


@dataclass(frozen=True, slots=True)
class Bodies:
    """Who takes the matter in and who decides it, in words; draft: the basis was not checked."""

    takes_in: str
    decides: str
    draft: bool


# -- the first answer ----------------------------------------------------------------------------


def answer(
    item: ItemGuide, walked: Walk, *, elsewhere: str = "", online: bool = False
) -> list[Fact]:
    """The guide's verdict: who, cost, how long, what to bring, where, online, how often one comes.

    elsewhere: who handles it, in words, where no window takes it in. online: can be applied for
    from home.
    """
    fee, fee_draft = cost(item, walked)
    facts = [
        Fact("who", _("谁能办"), people(item)),
        Fact("fee", _("收不收费"), fee, fee_draft),
        Fact("days", _("多久办完"), time(item), item.days_draft),
        Fact("materials", _("要带什么"), bring(item, walked), item.materials_draft),
        Fact("where", _("在哪里办"), elsewhere or place(item, walked), item.membership_draft),
        Fact("online", _("能在网上办吗"), _online(online)),
    ]
    visits = coming(item)
    if visits:
        facts.append(Fact("visits", _("要跑几次"), visits, item.elements.draft))
    return facts


def _online(online: bool) -> str:
    if online:
        return _("能，在家就能申请，进度网上查。")
    return _("目前到窗口办；办理进度可以在网上查。")


def people(item: ItemGuide) -> str:
    names = {"自然人": _("个人"), "法人": _("单位（企业、合作社等）")}
    return _("、").join(names.get(one, one) for one in item.objects)


def handled_in(item: ItemGuide | ItemLine) -> str:
    """How long it takes, as promised."""
    if item.handling == "instant" and not item.promised_days:
        return _("当场办结")
    days = item.promised_days
    return ngettext("%(n)s 个工作日内", "%(n)s 个工作日内", days) % {"n": days}


def time(item: ItemGuide) -> str:
    promised = handled_in(item)
    if item.legal_days is None:
        return promised
    most = ngettext(
        "法律规定最长 %(n)s 个工作日", "法律规定最长 %(n)s 个工作日", item.legal_days
    ) % {"n": item.legal_days}
    return _noted(promised, most)


def bring(item: ItemGuide, walked: Walk) -> str:
    listed = entries(item, walked)
    count = len(listed)
    if not count:
        return _("不用带材料")
    told = ngettext("%(n)s 样材料", "%(n)s 样材料", count) % {"n": count}
    held = sum(entry.held for entry in listed)
    if held:
        free = ngettext("其中 %(n)s 样不用交", "其中 %(n)s 样不用交", held) % {"n": held}
        told = _("%(all)s，%(free)s") % {"all": told, "free": free}
    if walked.question is not None:
        told = _("%(told)s，答完下面的问题就知道准确清单") % {"told": told}
    return told


def place(item: ItemGuide, walked: Walk = NOWHERE) -> str:
    rows = walked.outcome.of(PLACE)
    if rows:
        return _("；").join(_placed(row) for row in rows)
    where = [_("县政务服务大厅")]
    if item.town and item.street:
        where.insert(0, _("各镇、街道便民服务中心"))
    elif item.town:
        where.insert(0, _("各镇便民服务中心（街道暂时没有）"))
    if item.village:
        where.insert(0, _("村（社区）便民服务站") if item.town else _("村（社区）帮您联系"))
    return _("、").join(where)


def _placed(row: Row) -> str:
    told = said(row)
    where = str(PLACES.get(row.value, ""))
    return (
        _("%(all)s，%(free)s") % {"all": where, "free": told} if where and told else told or where
    )


def cost(item: ItemGuide, walked: Walk) -> tuple[str, bool]:
    """(what it costs, whether that is a draft). Permits are free unless a law says otherwise, §58."""
    rows = walked.outcome.of(FEE)
    if rows:
        return _("；").join(_priced(row) for row in rows), True
    if item.elements == GuideElements():
        return _("目录里没有写明，办理前请问清窗口。"), True
    if item.elements.fee in ("", "0"):
        return _("不收费"), item.elements.draft
    return item.elements.fee, item.elements.draft


def _priced(row: Row) -> str:
    amount = _("不收费") if row.value in ("", "0") else _("%(yuan)s 元") % {"yuan": row.value}
    told = said(row)
    return _noted(amount, told) if told else amount


def coming(item: ItemGuide) -> str:
    """How often somebody comes; "" when the guide does not say."""
    visits = item.elements.visits
    if visits is None:
        return ""
    if not visits:
        return _("不用到现场")
    return ngettext("最多到现场 %(n)s 次", "最多到现场 %(n)s 次", visits) % {"n": visits}


def in_person(walked: Walk) -> list[str]:
    """Who must come; by default somebody else may."""
    rows = walked.outcome.of(IN_PERSON)
    if not rows:
        return [_("可以委托别人代办：带上您签名的委托书和双方身份证件。")]
    return [_comes(row) for row in rows]


def _comes(row: Row) -> str:
    who, why = str(PERSONS.get(row.value, "")), said(row)
    return _noted(who, why) if who and why else why or who


def verdict(row: Row) -> tuple[str, str, str]:
    """(kind, heading, code of the item to turn to) of a row that leads away from this item."""
    kind, _sign, code = row.value.partition(":")
    if kind == NOT_NEEDED:
        return kind, _("这种情况不用办"), ""
    if kind == NOT_OURS:
        return kind, _("这种情况不在这里办"), ""
    return kind, _("这种情况要办的是另一件事"), code


# -- the other elements --------------------------------------------------------------------------


def several(bases: str) -> str:
    """Laws as the county's tables list them, in the signs of a sentence."""
    return bases.replace(";", "；")


def stage(name: str) -> str:
    return str(STAGES.get(name, name))


def conditions(item: ItemGuide) -> Section:
    told = item.elements.conditions
    if english() and item.elements.conditions_en:
        told = item.elements.conditions_en
    return Section(
        "conditions",
        _("申请条件"),
        told or (_("目录里没有写明，请问窗口。"),),
        listed=bool(told),
        draft=item.elements.draft,
    )


def standard(item: ItemGuide) -> Section:
    told = item.elements.standard or _("目录里没有写明，请问窗口。")
    return Section("standard", _("审查标准"), (told,), draft=item.elements.draft)


def steps(item: ItemGuide, walked: Walk) -> Section:
    """The stages with their days, and what this situation adds."""
    rows = [(stage(one.name), _working(one.days)) for one in item.elements.stages]
    for row in walked.outcome.of(STEP):
        rows.append((said(row), _working(int(row.value)) if row.value.isdigit() else "—"))
    table = Table((_("步骤"), _("工作日")), tuple(rows), (4, 1)) if rows else None
    lines = () if rows else (_("目录里没有写明步骤；窗口受理后按承诺时限办结。"),)
    return Section("steps", _("办理步骤"), lines, table=table, draft=item.elements.draft)


def _working(days: int) -> str:
    return _("当场") if not days else str(days)


def days(item: ItemGuide) -> Section:
    lines = [
        _("材料齐全的，当场办结。")
        if item.handling == "instant" and not item.promised_days
        else ngettext(
            "承诺受理后 %(n)s 个工作日内办结。",
            "承诺受理后 %(n)s 个工作日内办结。",
            item.promised_days,
        )
        % {"n": item.promised_days}
    ]
    if item.legal_days is not None:
        lines.append(
            ngettext(
                "法律规定最长 %(n)s 个工作日。", "法律规定最长 %(n)s 个工作日。", item.legal_days
            )
            % {"n": item.legal_days}
        )
    if item.legal_days_note:
        lines.append(_("（%(note)s）") % {"note": item.legal_days_note})
    if item.handling == "promise" or item.legal_days is not None:
        lines.append(
            _(
                "只算工作日：周末和法定节假日不算，调休上班的日子算；受理当天不算，从下一个工作日算起。"
                "补正材料和听证、勘验、专家评审的时间不算在内。"
            )
        )
    return Section("days", _("要等多久"), tuple(lines), draft=item.days_draft)


def fee(item: ItemGuide, walked: Walk) -> Section:
    told, draft = cost(item, walked)
    return Section("fee", _("收费"), (told,), draft=draft)


def limit(item: ItemGuide) -> Section:
    told = item.elements.limit or _("没有数量限制")
    return Section("limit", _("数量限制"), (told,), draft=item.elements.draft)


def result(item: ItemGuide) -> Section:
    name = pick(item.elements.result_name, item.elements.result_name_en)
    lines = (
        name or _("目录里没有写明，请问窗口。"),
        _("办好后可以到窗口领取，也可以选择邮寄；送达时请您签收。"),
    )
    return Section("result", _("办理结果和送达"), lines, draft=item.elements.draft)


def bodies(who: Bodies) -> Section:
    pairs = ((_("受理机构"), who.takes_in), (_("决定机构"), who.decides))
    return Section("bodies", _("谁受理，谁决定"), pairs=pairs, draft=who.draft)


def rights(item: ItemGuide) -> Section:
    """Rights and duties; the ways of remedy by what kind of act it is."""
    lines = [
        _("您有权一次问清要交什么。清单以外的材料，窗口不能要。"),
        _("材料不齐的，窗口要一次告诉您全部要补的内容；不归这里管的，要告诉您去哪里办。"),
    ]
    if item.item_type == PERMIT:
        lines += [
            _("您有权陈述和申辩；依法应当听证的，可以要求听证（行政许可法第7、36、47条）。"),
            _(
                "不予许可的，机关要书面说明理由。不服的，可以自收到决定之日起 60 日内申请行政复议，"
                "也可以在 6 个月内向法院起诉（行政许可法第38条、行政复议法、行政诉讼法）。"
            ),
            _("您要如实提交材料，并对材料的真实性负责（行政许可法第31条）。"),
        ]
    elif item.item_type == PUBLIC_SERVICE:
        lines += [
            _("对服务不满意的，可以评价，也可以投诉。"),
            _("您要如实提供情况。"),
        ]
    else:
        lines += [
            _(
                "对处理决定不服的，可以依法自收到决定之日起 60 日内申请行政复议，"
                "也可以在 6 个月内向法院起诉（行政复议法、行政诉讼法）。"
            ),
            _("您要如实提交材料，并对材料的真实性负责。"),
        ]
    return Section("rights", _("您的权利和义务"), tuple(lines), listed=True)


def consult(contacts: Sequence[Contact]) -> Section:
    """Whom to ask, and where to complain. What is not confirmed says so."""
    unknown = _("待确认")
    rows = tuple(
        (one.name, one.address or unknown, one.phone or unknown, one.hours or unknown)
        for one in contacts
    )
    head = (_("地点"), _("地址"), _("电话"), _("开放时间"))
    lines = (
        _("咨询：拨打 %(hotline)s，或到下面的窗口、就近的便民服务中心问。") % {"hotline": HOTLINE},
        _("投诉：拨打 %(hotline)s；办完后也可以在查进度的页面上评价。") % {"hotline": HOTLINE},
    )
    table = Table(head, rows, (5, 4, 3, 5)) if rows else None
    return Section("consult", _("咨询和投诉"), lines, table=table)


def progress(site: str) -> Section:
    """site: the public address, "" where a link stands beside it."""
    told = _("凭回执上的查询码，随时可以查办到哪一步、轮到谁。")
    if site:
        told = _("凭回执上的查询码，随时可以查办到哪一步、轮到谁：%(address)s") % {
            "address": f"{site.partition('://')[2] or site}/track"
        }
    return Section("progress", _("查进度"), (told,))


def mistakes(item: ItemGuide) -> Section:
    told = item.elements.mistakes
    return Section(
        "mistakes",
        _("常见错误"),
        told or (_("还没有整理。"),),
        listed=bool(told),
        draft=bool(told) and item.elements.draft,
    )


def basis(item: ItemGuide) -> Section:
    return Section(
        "basis",
        _("办理依据"),
        (several(item.basis) or _("目录里没有写明。"),),
        draft=not item.basis_confirmed,
    )


def about(item: ItemGuide) -> Section:
    pairs = (
        (_("事项代码"), _("%(code)s（本平台编码，待县确认）") % {"code": item.code}),
        (_("事项类型"), str(ITEM_TYPES[item.item_type])),
        (_("办件类型"), _("即办件") if item.handling == "instant" else _("承诺件")),
        (_("领域"), item.domain),
        (_("版本"), version(item)),
    )
    return Section("about", _("关于这份指南"), pairs=pairs)


def version(item: ItemGuide) -> str:
    return _("第 %(version)s 版，%(day)s 起使用") % {
        "version": item.version,
        "day": item.valid_from.isoformat(),
    }


def drafted(item: ItemGuide) -> bool:
    """Whether anything in this guide still waits for the county."""
    return (
        item.membership_draft
        or item.days_draft
        or item.materials_draft
        or item.elements.draft
        or not item.basis_confirmed
        or any(question.draft for question in item.questions)
    )


def _noted(text: str, note: str) -> str:
    return _("%(text)s（%(note)s）") % {"text": text, "note": note}


# -- the situations, told all at once ------------------------------------------------------------


def situations(item: ItemGuide) -> Section | None:
    """The whole decision table in words: in which case, and what then. None without any."""
    rows = tuple(
        (when(row.when, item.questions) or _("都一样"), effect(row, item))
        for row in item.situations
    )
    if not rows:
        return None
    draft = any(question.draft for question in item.questions)
    table = Table((_("什么情况"), _("怎么办")), rows, (1, 1))
    return Section("situations", _("不同情况"), table=table, draft=draft)


def effect(row: Row, item: ItemGuide) -> str:
    """What one row of the table means."""
    told = said(row)
    names = {material.name: named(material) for material in item.materials}
    if row.effect == NEED:
        return _told(_("还要交：%(name)s") % {"name": names.get(row.value, row.value)}, told)
    if row.effect == WITHOUT:
        return _told(_("不用交：%(name)s") % {"name": names.get(row.value, row.value)}, told)
    if row.effect == STEP:
        step = _("多一步：%(text)s") % {"text": told}
        return _noted(step, _days_of(int(row.value))) if row.value.isdigit() else step
    if row.effect == FEE:
        return _("收费：%(text)s") % {"text": _priced(row)}
    if row.effect == PLACE:
        return _("去哪里：%(text)s") % {"text": _placed(row)}
    if row.effect == IN_PERSON:
        return _("谁要到场：%(text)s") % {"text": _comes(row)}
    if row.effect == CHAIN:
        return _("可以一起办：%(text)s") % {"text": told or row.value}
    if row.effect in (VERDICT, CONFLICT):
        return way_out(row)
    return told


def _told(text: str, more: str) -> str:
    return _("%(text)s。%(more)s") % {"text": text, "more": more} if more else text


def _days_of(count: int) -> str:
    return ngettext("%(n)s 个工作日", "%(n)s 个工作日", count) % {"n": count}


def way_out(row: Row) -> str:
    """What a contradiction or a way out tells somebody who stands before it."""
    if row.effect == CONFLICT:
        return _told(_("答案互相矛盾，请核对"), said(row))
    _kind, heading, code = verdict(row)
    return _told(_noted(heading, code) if code else heading, said(row))


def hints(walked: Walk) -> list[str]:
    """What else is good to know in this situation."""
    return [said(row) for row in walked.outcome.of(NOTE)]
