"""Forms for one material, one question, one row of the table. Nobody types a code or a condition:
questions and answers get theirs by themselves, and a condition is chosen by ticking answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yichuang.catalogue import rules, situations
from yichuang.catalogue.drafts import ItemDraft
from yichuang.catalogue.situations import Condition, Question
from yichuang.design.context import named
from yichuang.faces.library import words
from yichuang.faces.library.editing import free_value
from yichuang.faces.library.forms.item import area, choice, line, lines, tick, whole

SPARE_OPTIONS = 2
MOST_OPTIONS = 12


class MaterialForm(forms.Form):
    """One thing to bring."""

    name = line(gettext_lazy("材料名称"), required=True)
    name_en = line(gettext_lazy("英文名称"), most=300)
    always = choice(
        gettext_lazy("什么时候要交"),
        {
            "yes": gettext_lazy("一般都要交（情形对照里可以免）"),
            "no": gettext_lazy("只在某些情形下要交（在情形对照里写明）"),
        },
        radio=True,
    )
    kind = choice(
        gettext_lazy("种类"),
        rules.MATERIAL_KINDS,
        hint=gettext_lazy("“证明”必须有法律、法规依据，没有依据不能发布。"),
    )
    form = choice(gettext_lazy("形式"), rules.MATERIAL_FORMS)
    reason = line(gettext_lazy("为什么要它"), hint=gettext_lazy("一句话，会写在清单上。"))
    reason_en = line(gettext_lazy("为什么要它（英文）"), most=400)
    basis = line(
        gettext_lazy("依据"),
        most=300,
        hint=gettext_lazy("留空的，按事项本身的依据；证明不能留空。"),
    )
    basis_confirmed = tick(gettext_lazy("依据已经核对原文"))
    later_days = whole(
        gettext_lazy("可以容缺，几个工作日内补交"), least=1, hint=gettext_lazy("不能容缺的留空。")
    )
    promise = choice(
        gettext_lazy("告知承诺"), rules.PROMISES, blank=gettext_lazy("没有规定"), required=False
    )
    promise_note = line(gettext_lazy("承诺什么，或为什么不适用"))
    note = line(gettext_lazy("清单上的附注"), hint=gettext_lazy("如“可共享”“一式两份”。"))
    held = tick(gettext_lazy("政府已有，不用交"), gettext_lazy("能共享核验的，不得要求提交。"))
    sample = area(
        gettext_lazy("样例"),
        most=1000,
        hint=gettext_lazy("表格写“字段=示例值”，用“；”隔开；其他材料写什么样的算合格。"),
    )
    held_from = area(
        gettext_lazy("窗口可能已有的来源"),
        rows=2,
        hint=gettext_lazy(
            "每行一个：读卡器写 id_reader；以前办过的事项写 case:事项代码；"
            "本系统发的文书写 paper:种类；别的部门的登记写 shared:登记名。"
        ),
    )

    @classmethod
    def of(cls, element: Mapping[str, Any]) -> dict[str, Any]:
        """What the form begins with."""
        return {
            **element,
            "always": "yes" if element["always"] else "no",
            "held_from": "\n".join(element["held_from"]),
        }

    def said(self) -> dict[str, Any]:
        """The element, as JSON values."""
        values = dict(self.cleaned_data)
        values["always"] = values["always"] == "yes"
        values["held_from"] = lines(values["held_from"])
        return values


class OptionForm(forms.Form):
    """One answer to choose; a row without words is none. value: its code, kept out of sight."""

    label = line(gettext_lazy("答案"), most=100)
    label_en = line(gettext_lazy("答案（英文）"), most=200)
    value = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)


OptionRows = forms.formset_factory(OptionForm, extra=0, can_order=True, max_num=MOST_OPTIONS)


def options_of(rows: Any) -> list[dict[str, str]]:
    """The filled answers of a bound OptionRows, by their numbers; new ones get a code."""
    filled = [
        (row.cleaned_data.get("ORDER") or 99, position, row.cleaned_data)
        for position, row in enumerate(rows.forms)
        if row.cleaned_data.get("label")
    ]
    filled.sort(key=lambda each: each[:2])
    taken = {row["value"] for _order, _position, row in filled if row["value"]}
    made = []
    for _order, _position, row in filled:
        code = row["value"] or free_value(taken, "o")
        taken.add(code)
        made.append({"value": code, "label": row["label"], "label_en": row["label_en"]})
    return made


class ConditionForm(forms.Form):
    """A condition: for each question, the answers it holds for; none ticked means any."""

    def __init__(
        self, *args: Any, questions: Sequence[Question], when: Condition = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.asked = tuple(question.key for question in questions)
        chosen = dict(when)
        for question in questions:
            self.fields[f"when_{question.key}"] = forms.MultipleChoiceField(
                label=named(question.ask, question.ask_en),
                choices=[(o.value, named(o.label, o.label_en)) for o in question.options],
                widget=forms.CheckboxSelectMultiple,
                required=False,
                initial=list(chosen.get(question.key, ())),
            )
        # what no longer is a question: kept as it was, so that a fault can tell of it
        self.strange = tuple(part for part in when if part[0] not in self.asked)

    def ticks(self) -> list[forms.BoundField]:
        """The fields of the condition, in the order of the questions."""
        return [self[f"when_{key}"] for key in self.asked]

    def when(self) -> str:
        """The condition as a pack writes it."""
        ticked = tuple(
            (key, tuple(self.cleaned_data[f"when_{key}"]))
            for key in self.asked
            if self.cleaned_data.get(f"when_{key}")
        )
        return situations.condition_text(ticked)


class QuestionForm(ConditionForm):
    """One question that people are asked; its condition is over the questions before it."""

    ask = line(
        gettext_lazy("问题"),
        required=True,
        hint=gettext_lazy("一句话，村里人听得懂，如“这次办是为谁？”"),
    )
    ask_en = line(gettext_lazy("问题（英文）"), most=300)
    help = line(gettext_lazy("提示"), most=300, hint=gettext_lazy("需要解释时写一句。"))
    help_en = line(gettext_lazy("提示（英文）"), most=400)
    basis = line(
        gettext_lazy("依据"), most=300, hint=gettext_lazy("哪一条作了这个区分；没有就留空。")
    )
    draft = tick(gettext_lazy("待县里确认"))

    @classmethod
    def of(cls, element: Mapping[str, Any]) -> dict[str, Any]:
        """What the form begins with."""
        return {name: element[name] for name in cls.base_fields}

    def said(self, key: str, options: Sequence[Mapping[str, str]]) -> dict[str, Any]:
        """The element, as JSON values."""
        own = {name: self.cleaned_data[name] for name in type(self).base_fields}
        return {"key": key, "options": list(options), "when": self.when(), **own}


class RowForm(ConditionForm):
    """One row of the table; its effect is settled before the form is drawn."""

    text = area(gettext_lazy("对办事人怎么说"))
    text_en = area(gettext_lazy("对办事人怎么说（英文）"))
    basis = line(gettext_lazy("依据"), most=300)

    def __init__(
        self,
        *args: Any,
        effect: str,
        draft: ItemDraft,
        chains: Mapping[str, str],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, questions=draft.questions, **kwargs)
        self.effect = effect
        field = _value_field(effect, draft, chains)
        if field is not None:
            self.fields["value"] = field
        if effect == situations.VERDICT:
            self.fields["other"] = forms.CharField(
                label=_("那个事项的代码"),
                required=False,
                max_length=60,
                help_text=_("选“应当办另一个事项”时填写。"),
            )

    @classmethod
    def of(cls, element: Mapping[str, Any]) -> dict[str, Any]:
        """What the form begins with."""
        kind, _sign, code = element["value"].partition(":")
        verdict = element["effect"] == situations.VERDICT
        return {
            **{name: element[name] for name in ("text", "text_en", "basis")},
            "value": kind if verdict else element["value"],
            "other": code if verdict else "",
        }

    def said(self) -> dict[str, Any]:
        """The element, as JSON values."""
        values = self.cleaned_data
        value = str(values["value"]) if values.get("value") not in (None, "") else ""
        if self.effect == situations.VERDICT and value == situations.OTHER:
            value = f"{value}:{values['other'].strip()}"
        own = {name: values[name] for name in ("text", "text_en", "basis")}
        return {"effect": self.effect, "value": value, "when": self.when(), **own}


def _value_field(effect: str, draft: ItemDraft, chains: Mapping[str, str]) -> forms.Field | None:
    """The field for what an effect names; None where words are all."""
    if effect == situations.NEED:
        return choice(
            _("哪份材料"),
            _same(material.name for material in draft.materials),
            blank=_("请选择"),
            hint=_("清单里没有的，先到“材料”里添加，选“只在某些情形下要交”。"),
        )
    if effect == situations.WITHOUT:
        names = (material.name for material in draft.materials if material.always)
        return choice(_("哪份材料"), _same(names), blank=_("请选择"))
    if effect == situations.STEP:
        return whole(_("几个工作日"), hint=_("不另外计时的留空。"))
    if effect == situations.FEE:
        return line(_("多少元"), most=12, required=True, hint=_("免收填0。"))
    if effect == situations.VERDICT:
        return choice(_("怎么处理"), words.VERDICTS, radio=True)
    known = {
        situations.PLACE: (_("去哪里"), situations.PLACES),
        situations.IN_PERSON: (_("谁到场"), situations.PERSONS),
        situations.CHAIN: (_("哪件事"), chains),
    }
    if effect in known:
        label, options = known[effect]
        return choice(label, options, radio=effect != situations.CHAIN)
    return None


def _same(names: Iterable[str]) -> dict[str, str]:
    return {name: name for name in names}
