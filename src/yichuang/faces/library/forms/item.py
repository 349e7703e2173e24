"""Forms for the item itself and its guide. Shape only: whether it may be published, checks say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from yichuang.catalogue import rules
from yichuang.catalogue.drafts import GuideElements, ItemDraft
from yichuang.catalogue.versions import LONGEST_SENTENCE


def line(label: Any, *, most: int = 200, required: bool = False, hint: Any = "") -> forms.CharField:
    """One line of text."""
    return forms.CharField(label=label, max_length=most, required=required, help_text=hint)


def area(
    label: Any,
    *,
    rows: int = 3,
    most: int = LONGEST_SENTENCE,
    required: bool = False,
    hint: Any = "",
) -> forms.CharField:
    """Several lines of text."""
    return forms.CharField(
        label=label,
        max_length=most,
        required=required,
        help_text=hint,
        widget=forms.Textarea(attrs={"rows": rows}),
    )


def tick(label: Any, hint: Any = "") -> forms.BooleanField:
    """A box to tick."""
    return forms.BooleanField(label=label, required=False, help_text=hint)


def choice(
    label: Any,
    choices: Mapping[str, Any],
    *,
    radio: bool = False,
    blank: Any = None,
    required: bool = True,
    hint: Any = "",
) -> forms.ChoiceField:
    """One of a few; `blank` words the empty choice."""
    first = [] if blank is None else [("", blank)]
    return forms.ChoiceField(
        label=label,
        choices=[*first, *choices.items()],
        required=required,
        help_text=hint,
        widget=forms.RadioSelect if radio else forms.Select,
    )


def whole(
    label: Any, *, least: int = 0, most: int = 9999, required: bool = False, hint: Any = ""
) -> Any:
    """A whole number."""
    return forms.IntegerField(
        label=label,
        min_value=least,
        max_value=most,
        required=required,
        help_text=hint,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )


class BasicForm(forms.Form):
    """What stands at the head of a guide."""

    name = line(_("名称"), required=True)
    name_en = line(_("英文名称"), most=300)
    objects = forms.MultipleChoiceField(
        label=_("服务对象"),
        choices=list(rules.OBJECTS.items()),
        widget=forms.CheckboxSelectMultiple,
    )
    handling = choice(_("办件类型"), rules.HANDLINGS, radio=True)
    promised_days = whole(
        _("承诺几个工作日办结"), required=True, hint=_("即办件填0或1；不能超过法定时限。")
    )
    legal_days = whole(_("法定几个工作日办结"), least=1, hint=_("没有法定时限的留空。"))
    legal_days_note = line(
        _("法定时限说明"), hint=_("法定时限不按工作日算的，写在这里，如“按日历日20天”。")
    )
    state = choice(_("事项状态"), rules.STATES, radio=True)
    high_frequency = tick(_("高频事项"))
    days_draft = tick(_("时限待县里确认"), _("核实后去掉勾选，页面上的“待确认”就没有了。"))
    materials_draft = tick(_("材料待县里确认"))

    @classmethod
    def of(cls, draft: ItemDraft) -> dict[str, Any]:
        """What the form begins with."""
        return {name: getattr(draft, name) for name in cls.base_fields} | {
            "objects": list(draft.objects)
        }

    def said(self, draft: ItemDraft) -> dict[str, Any]:
        """The change, as JSON values."""
        return dict(self.cleaned_data)


class StageForm(forms.Form):
    """One step of handling; a row without a name is none."""

    name = line(_("环节"), most=60)
    days = whole(_("工作日"))


StageRows = forms.formset_factory(StageForm, extra=0, can_order=True, max_num=40)


class GuideForm(forms.Form):
    """What a guide says beyond the head: GB/T 36114-2018."""

    conditions = area(_("申请条件"), rows=4, most=4000, hint=_("每行一条，用办事人看得懂的话。"))
    conditions_en = area(
        _("申请条件（英文）"), rows=4, most=6000, hint=_("每行一条，与中文一一对应。")
    )
    standard = area(_("审查标准"), hint=_("审查人员核对什么，一两句话。"))
    result_name = line(_("办理结果"), hint=_("办成后拿到什么，如“准予许可决定书”。"))
    result_name_en = line(_("办理结果（英文）"), most=300)
    fee = line(_("收费"), most=300, hint=_("不收费的留空；收费的写明金额和依据。"))
    limit = line(_("数量限制"), most=300, hint=_("没有数量限制的留空。"))
    visits = whole(_("最简单的情形要到现场几次"), most=9)
    mistakes = area(_("常见错误"), most=2000, hint=_("每行一条。"))
    draft = tick(_("指南内容待县里确认"))

    LISTS = ("conditions", "conditions_en", "mistakes")

    @classmethod
    def of(cls, guide: GuideElements) -> dict[str, Any]:
        """What the form begins with."""
        values = {name: getattr(guide, name) for name in cls.base_fields}
        return values | {name: "\n".join(values[name]) for name in cls.LISTS}

    def said(self, guide: GuideElements, stages: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """The change, as JSON values."""
        values = dict(self.cleaned_data)
        for name in self.LISTS:
            values[name] = lines(values[name])
        return {"guide": {**asdict(guide), **values, "stages": list(stages)}}


def stages_of(rows: Any) -> list[dict[str, Any]]:
    """The filled rows of a bound StageRows, by the numbers beside them."""
    filled = [
        (row.cleaned_data.get("ORDER") or 99, position, row.cleaned_data)
        for position, row in enumerate(rows.forms)
        if row.cleaned_data.get("name")
    ]
    filled.sort(key=lambda each: each[:2])
    return [{"name": row["name"], "days": row["days"] or 0} for _o, _p, row in filled]


def lines(text: str) -> list[str]:
    """The lines of a text that say something."""
    return [each.strip() for each in text.splitlines() if each.strip()]
