"""The clerk's zero-basis handbook of one item: everything somebody needs who has never seen it.

Made from the item's version, so it is never older than the guide. Bold words are to be said as they
stand. The advice is ours, the articles are the law's.
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from yichuang.authority.rules import Ruling
from yichuang.cases import promises
from yichuang.catalogue.queries import ItemGuide
from yichuang.catalogue.rules import ITEM_TYPES, MATERIAL_KINDS
from yichuang.catalogue.situations import CONFLICT, VERDICT
from yichuang.documents import guide_case as case
from yichuang.documents import guide_words as words
from yichuang.documents.guide_case import NOWHERE, Entry
from yichuang.documents.guide_words import PERMIT, Section, Table


def sections(item: ItemGuide, ruling: Ruling, counter: str) -> list[Section]:
    """The handbook at one counter, in the order of a conversation."""
    listed = _everything(item)
    found = [
        _what(item),
        _recognise(item),
        _ask(item),
        words.situations(item),
        words.conditions(item),
        _check(item, listed),
        _later(listed),
        _promise(item),
        _take_in(item, ruling),
        _decides(ruling, counter),
        _clock(item),
        _not_here(item, ruling),
        _questions(item),
        words.about(item),
    ]
    return [section for section in found if section is not None]


def _everything(item: ItemGuide) -> list[Entry]:
    """Every material of the version, those of some situations too."""
    always = {entry.seq: entry for entry in case.entries(item, NOWHERE)}
    return [
        always.get(material.seq) or case.entry(material.seq, material, item)
        for material in item.materials
    ]


def _what(item: ItemGuide) -> Section:
    result = case.pick(item.elements.result_name, item.elements.result_name_en)
    kind = str(ITEM_TYPES[item.item_type])
    told = _("这是一项%(kind)s，%(people)s来办，%(days)s。") % {
        "kind": kind,
        "people": words.people(item),
        "days": words.handled_in(item),
    }
    lines = [told]
    if result:
        lines.append(_("办成以后拿到：%(result)s。") % {"result": result})
    return Section("what", _("这是什么"), tuple(lines), draft=item.days_draft)


def _recognise(item: ItemGuide) -> Section:
    if not item.aliases:
        return Section("recognise", _("来人会怎么说"), (_("还没有收集到群众说法。"),))
    said = _("、").join(_("“%(said)s”") % {"said": alias} for alias in item.aliases)
    return Section("recognise", _("来人会怎么说"), (said,))


def _ask(item: ItemGuide) -> Section:
    if not item.questions:
        return Section("ask", _("照着问"), (_("这个事项不分情形，不用多问，直接按清单收。"),))
    rows = tuple(
        (
            _("“%(said)s”") % {"said": case.pick(question.ask, question.ask_en)},
            "；".join(case.label(option) for option in question.options),
            case.when(question.when, item.questions) or _("都问"),
        )
        for question in item.questions
    )
    table = Table((_("照着念"), _("答案"), _("什么时候问")), rows, (3, 3, 4))
    draft = any(question.draft for question in item.questions)
    return Section("ask", _("照着问"), table=table, draft=draft)


def _check(item: ItemGuide, listed: list[Entry]) -> Section:
    kinds = {material.seq: str(MATERIAL_KINDS[material.kind]) for material in item.materials}
    always = {material.seq for material in item.materials if material.always}
    rows = []
    for entry in listed:
        good = entry.sample or _("；").join(f"{name}：{value}" for name, value in entry.fields)
        asked = (
            kinds[entry.seq]
            if entry.seq in always
            else _("看情况才要，%(kind)s") % {"kind": kinds[entry.seq]}
        )
        rows.append(
            (
                entry.name,
                _("%(text)s（%(note)s）") % {"text": asked, "note": entry.form},
                good or _("还没有样例。"),
                entry.reason,
            )
        )
    if not rows:
        return Section("check", _("收材料时看什么"), (_("不用交材料，核对身份即可。"),))
    head = (_("材料"), _("种类和要求"), _("好的什么样，常见错误"), _("为什么要"))
    return Section(
        "check",
        _("收材料时看什么"),
        (_("清单以外的材料不能要。标着“不用交”的也不能要。"),),
        table=Table(head, tuple(rows), (3, 3, 5, 3)),
        draft=item.materials_draft,
    )


def _later(listed: list[Entry]) -> Section | None:
    marks = [
        (entry.name, mark.text) for entry in listed for mark in entry.marks if mark.kind == "later"
    ]
    if not marks:
        return None
    told = _(
        "照着念：“这几样今天没带不要紧，可以先受理，请在写明的日子以前补来。到期不补，机关会依法处理。”"
    )
    return Section("later", _("容缺：可以晚交的"), (told,), pairs=tuple(marks), draft=True)


def _promise(item: ItemGuide) -> Section | None:
    """What is told before somebody promises, as it stands on the form; and where no promise may be."""
    rows: list[tuple[str, str]] = []
    for material in item.materials:
        if material.promise == "allowed":
            told = promises.told(item, material)
            rows += [(case.named(material), told.lines[0][1]), *told.lines[1:]]
    barred = [
        (case.named(material), _noted(_("不能用承诺代替"), material.promise_note))
        for material in item.materials
        if material.promise == "barred"
    ]
    if not rows and not barred:
        return None
    lines = ()
    if rows:
        lines = (
            _(
                "这几样材料，来人可以本人书面承诺代替；也可以不承诺，照样交材料。下面的话逐句念给他听："
            ),
            _("只能由本人签，帮办的人不能代签。"),
        )
    table = Table((_("项目"), _("照着念")), tuple(rows), (1, 3)) if rows else None
    return Section("promise", _("告知承诺"), lines, pairs=tuple(barred), table=table, draft=True)


def _noted(text: str, note: str) -> str:
    return _("%(text)s（%(note)s）") % {"text": text, "note": note} if note else text


def _take_in(item: ItemGuide, ruling: Ruling) -> Section:
    if not ruling.allowed:
        return Section(
            "take-in",
            _("怎么收"),
            (_("本窗口不收这个事项，按“不归我们、不用办时怎么说”告诉来人。"),),
        )
    lines = [
        _("在“收件”里搜来人的话，选中这个事项。"),
        _("照着问，答案一选完，准确的材料清单就出来了。"),
        _("读身份证或照着输入申请人；逐项核对材料，能扫描的扫描。"),
    ]
    if item.item_type == PERMIT:
        lines.append(
            _("材料齐全当场受理；不齐的，当场或者 5 个工作日内一次告知全部（行政许可法第32条）。")
        )
    else:
        lines.append(_("材料齐全就受理；不齐的，一次告诉来人全部要补的内容。"))
    lines.append(_("把回执交给来人，告诉他查询码怎么用。"))
    return Section("take-in", _("怎么收"), tuple(lines), listed=True)


def _decides(ruling: Ruling, counter: str) -> Section:
    if not ruling.allowed:
        return Section("decides", _("谁决定（在本窗口）"), (ruling.reason, ruling.remedy))
    rows = (
        (_("收件"), counter),
        (_("审核"), ruling.reviewer),
        (_("决定"), ruling.decider),
        (_("以谁的名义"), ruling.in_name_of),
        (_("盖什么章"), ruling.seal),
        (_("委托或授权文书"), ruling.grant),
        (_("依据"), words.several(ruling.basis)),
    )
    pairs = tuple((name, value) for name, value in rows if value)
    return Section("decides", _("谁决定（在本窗口）"), (ruling.reason,), pairs=pairs)


def _clock(item: ItemGuide) -> Section:
    days = words.days(item)
    lines = list(days.lines)
    if item.item_type == PERMIT:
        lines.append(
            _(
                "行政许可一般 20 个工作日内决定，经批准可以延长 10 个工作日，并告知理由（行政许可法第42条）。"
            )
        )
    lines.append(_("时限的依据：%(basis)s。") % {"basis": words.several(item.basis)})
    steps = words.steps(item, NOWHERE)
    return Section("clock", _("时限怎么算"), tuple(lines), table=steps.table, draft=days.draft)


def _not_here(item: ItemGuide, ruling: Ruling) -> Section:
    rows = [
        (case.when(row.when, item.questions), words.way_out(row))
        for row in item.situations
        if row.effect in (VERDICT, CONFLICT)
    ]
    lines = [
        _("先说清楚为什么，再说去哪里、找谁；能打电话问清的，替来人打。谁先接待，谁负责到底。"),
    ]
    if item.item_type == PERMIT:
        lines.append(
            _(
                "依法不需要许可的，即时告知不受理；不归本机关管的，即时决定不予受理并告知去哪里（行政许可法第32条）。"
            )
        )
    if not ruling.allowed and ruling.remedy:
        lines.append(ruling.remedy)
    table = Table((_("什么情况"), _("怎么说")), tuple(rows), (1, 1)) if rows else None
    return Section("not-here", _("不归我们、不用办时怎么说"), tuple(lines), table=table)


def _questions(item: ItemGuide) -> Section:
    """What people ask and get wrong."""
    pairs = [
        (_("要多久？"), words.time(item)),
        (_("要钱吗？"), words.cost(item, NOWHERE)[0]),
        (_("要我自己来吗？"), " ".join(words.in_person(NOWHERE))),
    ]
    visits = words.coming(item)
    if visits:
        pairs.append((_("要跑几次？"), visits))
    lines = tuple(
        _("常见错误：%(mistake)s") % {"mistake": mistake} for mistake in item.elements.mistakes
    )
    return Section(
        "questions",
        _("常问和常错"),
        lines,
        listed=True,
        pairs=tuple(pairs),
        draft=item.elements.draft,
    )
