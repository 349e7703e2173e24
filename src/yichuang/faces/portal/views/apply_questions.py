"""The questions of an application from home: each page's form, and what its answer changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.forms import Form
from django.utils import timezone
from django.utils.translation import gettext as _

from yichuang.authority.queries import Order
from yichuang.cases import draft_items, draft_rules, drafts, rules
from yichuang.cases.draft_rules import Content
from yichuang.cases.drafts import Opened
from yichuang.catalogue.situations import settled
from yichuang.design.context import named
from yichuang.faces.portal import applying
from yichuang.faces.portal.apply_forms import (
    ApplicantForm,
    ChoiceForm,
    ContactForm,
    FactsForm,
    TextForm,
)
from yichuang.places import queries as places


@dataclass(frozen=True, slots=True)
class Asked:
    """One page's question. keep: the content with the form's answer. part: what of the content the
    page shows, for telling whether another tab changed it meanwhile."""

    title: str
    form: Form
    keep: Callable[[Content, Mapping[str, Any]], Content]
    part: Callable[[Content], object]
    template: str = "apply_question"
    more: Mapping[str, Any] = field(default_factory=dict)


Ask = Callable[[Opened, str, Any, Order], Asked | None]


def _choice(
    content_field: str,
    title: str,
    choices: list[tuple[str, str]],
    opened: Opened,
    data: Any,
    **more: Any,
) -> Asked:
    """A question whose answer is one field of the content."""
    kept = getattr(opened.content, content_field)
    form = ChoiceForm(data, label=title, choices=choices, initial={"answer": kept}, **more)
    return Asked(
        title,
        form,
        lambda content, said: replace(content, **{content_field: said["answer"]}),
        lambda content: getattr(content, content_field),
    )


def _who(opened: Opened, key: str, data: Any, order: Order) -> Asked:
    choices = applying.behalf_choices(opened.item)
    asked = _choice("on_behalf", _("这次是为谁办？"), choices, opened, data)

    def keep(content: Content, said: Mapping[str, Any]) -> Content:
        chosen = said["answer"]
        if chosen == content.on_behalf:
            return content
        # another person or unit: the number typed for the first is not theirs, and only who
        # applies may promise
        materials = {
            name: handed
            for name, handed in content.materials.items()
            if handed.how != draft_rules.PROMISE
        }
        return replace(
            content, on_behalf=chosen, name="", identity="", agent="", materials=materials
        )

    return replace(asked, keep=keep)


def _town(opened: Opened, key: str, data: Any, order: Order) -> Asked:
    towns = [(one.code, one.short_name) for one in places.divisions(level="town")]
    hint = _("指事情所在的地方，例如房子、店铺或户口在哪里。人在外地也可以申请。")
    asked = _choice(
        "town",
        _("事情在哪个镇（街道）？"),
        towns,
        opened,
        data,
        hint=hint,
    )

    def keep(content: Content, said: Mapping[str, Any]) -> Content:
        town = said["answer"]
        if town == content.town:
            return content
        alone = not applying.has_villages(order, town)
        return replace(content, town=town, place=town if alone else "", collect_at="")

    return replace(asked, keep=keep)


def _village(opened: Opened, key: str, data: Any, order: Order) -> Asked | None:
    town = opened.content.town
    if not applying.has_villages(order, town):
        return None
    known = [(one.code, one.short_name) for one in places.divisions(level="village", under=town)]
    choices = [*known, (town, _("不在上面，或不清楚"))]
    return _choice(
        "place", _("事情在哪个村（社区）？"), choices, opened, data, select=len(choices) > 8
    )


def _question(opened: Opened, key: str, data: Any, order: Order) -> Asked | None:
    question = next((q for q in opened.item.questions if q.key == key), None)
    if question is None:
        return None
    title = named(question.ask, question.ask_en)
    form = ChoiceForm(
        data,
        label=title,
        choices=[(o.value, named(o.label, o.label_en)) for o in question.options],
        hint=named(question.help, question.help_en),
        initial={"answer": opened.content.situation.get(key, "")},
    )

    def keep(content: Content, said: Mapping[str, Any]) -> Content:
        answers = {**content.situation, key: said["answer"]}
        return replace(content, situation=settled(opened.item.questions, answers))

    return Asked(
        title,
        form,
        keep,
        lambda content: content.situation.get(key, ""),
        more={"basis": question.basis, "draft": question.draft},
    )


def _facts(opened: Opened, key: str, data: Any, order: Order) -> Asked | None:
    pages = applying.fact_pages(opened.item.facts)
    asked = next((one for one in pages if one[0].key == key), None)
    if asked is None:
        return None
    keys = [fact.key for fact in asked]
    form = FactsForm(data, facts=asked, given=opened.content.facts)
    return Asked(
        _("申请表要填的内容"),
        form,
        lambda content, said: replace(
            content, facts={**content.facts, **{key: said[key] for key in keys if key in said}}
        ),
        lambda content: {key: content.facts.get(key, "") for key in keys},
        more={"alone": len(asked) == 1},
    )


def _words(
    content_field: str, title: str, hint: str, opened: Opened, data: Any, **more: Any
) -> Asked:
    form = TextForm(
        data,
        label=title,
        hint=hint,
        initial={"answer": getattr(opened.content, content_field)},
        **more,
    )
    return Asked(
        title,
        form,
        lambda content, said: replace(content, **{content_field: said["answer"]}),
        lambda content: getattr(content, content_field),
    )


def _request(opened: Opened, key: str, data: Any, order: Order) -> Asked:
    hint = _("用平常的话写，例如面积、原因、时间。请不要写身份证号、电话和银行卡号，后面会单独问。")
    return _words("request", _("有什么要说明的？"), hint, opened, data, required=False, limit=1900)


def _receive(opened: Opened, key: str, data: Any, order: Order) -> Asked:
    choices = [(value, str(text)) for value, text in applying.DELIVERY.items()]
    return _choice("delivery", _("结果出来以后，怎么领？"), choices, opened, data)


def _collect(opened: Opened, key: str, data: Any, order: Order) -> Asked | None:
    content = opened.content
    if content.delivery != "collect":
        return None
    return _choice(
        "collect_at",
        _("在哪个网点领？"),
        draft_items.collecting_points(order, content.place, timezone.localdate()),
        opened,
        data,
        select=True,
        hint=_("全县任何一个中心都可以，离您近就好。"),
    )


def _address(opened: Opened, key: str, data: Any, order: Order) -> Asked | None:
    if opened.content.delivery != "mail":
        return None
    hint = _("写全省、市、县、镇街、村或小区、门牌，以及收件人。")
    return _words(
        "address",
        _("寄到哪里？"),
        hint,
        opened,
        data,
        rows=3,
        limit=300,
        autocomplete="street-address",
    )


def _me(opened: Opened, key: str, data: Any, order: Order) -> Asked:
    content = opened.content
    names = ("name", "identity", "agent")
    form = ApplicantForm(
        data,
        enterprise=content.on_behalf == rules.ENTERPRISE,
        agent=content.on_behalf in drafts.AGENTS,
        minor_on=timezone.localdate() if content.on_behalf == rules.CHILD else None,
        initial={name: getattr(content, name) for name in names},
    )
    return Asked(
        _("谁来申请"),
        form,
        lambda content, said: replace(content, **{n: said[n] for n in names if n in said}),
        lambda content: [getattr(content, name) for name in names],
        template="apply_me",
    )


def _phone(opened: Opened, key: str, data: Any, order: Order) -> Asked:
    form = ContactForm(data, initial={"answer": opened.content.phone})
    return Asked(
        _("您的手机号"),
        form,
        lambda content, said: replace(content, phone=said["answer"]),
        lambda content: content.phone,
    )


ASKS: Mapping[str, Ask] = {
    "who": _who,
    "town": _town,
    "village": _village,
    "q": _question,
    "f": _facts,
    "request": _request,
    "receive": _receive,
    "collect": _collect,
    "address": _address,
    "me": _me,
    "phone": _phone,
}
