"""What the desk's forms hold. Shape only: whether a step may be taken, the domain says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yichuang.faces.desk import words

TEXT_LIMIT = 2000


def _text(label: Any, *, rows: int = 3, required: bool = True, hint: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        max_length=TEXT_LIMIT,
        help_text=hint,
        widget=forms.Textarea(attrs={"rows": rows}),
    )


class StepForm(forms.Form):
    """A step of a case. seq: the state of the case that its page showed.

    `text`: the field that a refusal about the wording belongs to.
    """

    text = "reason"
    seq = forms.IntegerField(min_value=1, widget=forms.HiddenInput)

    def arguments(self) -> dict[str, Any]:
        """What the domain's verb is given besides case, seq, by and at."""
        return {name: value for name, value in self.cleaned_data.items() if name != "seq"}


class Review(StepForm):
    text = "opinion"
    agrees = forms.ChoiceField(
        label=gettext_lazy("审核结论"),
        choices=[("yes", gettext_lazy("建议准予")), ("no", gettext_lazy("建议不予"))],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("请选择建议准予还是建议不予。")},
    )
    opinion = _text(
        gettext_lazy("审核意见"), hint=gettext_lazy("写给审批人看；建议不予的，写明哪一条不符合。")
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        said = cleaned.get("opinion", "").strip()
        if cleaned.get("agrees") == "no" and said == words.OPINION:
            self.add_error(
                "opinion", _("结论是建议不予，意见却还是常用的同意用语，请写明不符合的地方。")
            )
        return cleaned

    def arguments(self) -> dict[str, Any]:
        return {
            "opinion": self.cleaned_data["opinion"],
            "agrees": self.cleaned_data["agrees"] == "yes",
        }


class SendBack(StepForm):
    reason = _text(
        gettext_lazy("退回理由"), hint=gettext_lazy("写明要重新核实什么；期限照常计算。")
    )


class BeginSpecial(StepForm):
    kind = forms.ChoiceField(
        label=gettext_lazy("程序"), choices=list(words.SPECIAL_PROCEDURES.items())
    )
    reason = _text(
        gettext_lazy("为什么需要"),
        rows=2,
        hint=gettext_lazy(
            "例如：申请人要求听证；现场勘验需检测机构出具报告。起止日期会记入办件，也会印在文书上。"
        ),
    )

    def arguments(self) -> dict[str, Any]:
        return {"reason": f"{self.cleaned_data['kind']}：{self.cleaned_data['reason']}"}


class EndSpecial(StepForm):
    text = "result"
    result = _text(
        gettext_lazy("结果"),
        hint=gettext_lazy("例如：听证已于某日结束，笔录随卷；检测结论为合格。"),
    )


class Extend(StepForm):
    reason = _text(gettext_lazy("延期理由"), hint=gettext_lazy("会告知申请人。"))
    approved_by = forms.CharField(
        label=gettext_lazy("批准的负责人"),
        max_length=60,
        help_text=gettext_lazy("写职务，例如：镇长、局长。"),
    )


class Grant(StepForm):
    text = "decision"
    decision = _text(gettext_lazy("决定正文"), rows=4, hint=gettext_lazy("原文印在决定文书上。"))
    conditions = _text(
        gettext_lazy("要求"),
        rows=2,
        required=False,
        hint=gettext_lazy("一行一条；没有就不填。"),
    )

    def arguments(self) -> dict[str, Any]:
        lines = self.cleaned_data["conditions"].splitlines()
        return {
            "decision": self.cleaned_data["decision"],
            "conditions": [line.strip() for line in lines if line.strip()],
        }


class Refuse(StepForm):
    reason = _text(
        gettext_lazy("不予的理由"),
        rows=4,
        hint=gettext_lazy("写明不符合哪一条、事实是什么；原文印在决定文书上。"),
    )


class CheckPromise(StepForm):
    """What the check of one promise found; the face offers the pending ones."""

    text = "finding"
    position = forms.IntegerField(label=gettext_lazy("核查哪一项"), widget=forms.Select)
    kept = forms.ChoiceField(
        label=gettext_lazy("核查结果"),
        choices=[("yes", gettext_lazy("属实")), ("no", gettext_lazy("不实"))],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("请选择属实还是不实。")},
    )
    finding = _text(
        gettext_lazy("核查情况"),
        hint=gettext_lazy("写明向谁核查、看到什么。不实的，接着终止办理或撤销，承诺人不能再承诺。"),
    )

    def arguments(self) -> dict[str, Any]:
        said = self.cleaned_data
        return {
            "position": said["position"],
            "kept": said["kept"] == "yes",
            "finding": said["finding"],
        }


class Terminate(StepForm):
    reason = _text(
        gettext_lazy("终止办理的理由"),
        rows=4,
        hint=gettext_lazy("承诺不实，或者容缺材料逾期没有补交；原文印在告知书上。"),
    )


class Revoke(StepForm):
    reason = _text(
        gettext_lazy("撤销的理由"),
        rows=4,
        hint=gettext_lazy("写明哪一项承诺不实、怎样查明；原文印在决定书上。"),
    )


class RulingForm(forms.Form):
    """A question to the ruling: item, place, outlet, day; texts or codes as the lists give them."""

    item = forms.CharField(
        label=gettext_lazy("事项"), help_text=gettext_lazy("输入名称或代码，从列表里选。")
    )
    place = forms.CharField(
        label=gettext_lazy("事项所在地"),
        help_text=gettext_lazy("村（社区）或镇（街道）的名称或代码。"),
    )
    outlet = forms.CharField(
        label=gettext_lazy("收件的服务点"),
        required=False,
        help_text=gettext_lazy("不填，就按所在镇（街道）的便民服务中心。"),
    )
    on = forms.DateField(
        label=gettext_lazy("日期"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(
        self, *args: Any, known: Mapping[str, Sequence[tuple[str, str]]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.known = known

    def clean_item(self) -> str:
        return self._code("item")

    def clean_place(self) -> str:
        return self._code("place")

    def clean_outlet(self) -> str:
        return self._code("outlet") if self.cleaned_data["outlet"] else ""

    def _code(self, name: str) -> str:
        """The code of what was typed: a code, "code name" as the list writes it, or a whole name."""
        typed = " ".join(self.cleaned_data[name].split())
        rows = self.known[name]
        first = typed.split(" ")[0].casefold()
        found = [code for code, _label in rows if code.casefold() == first]
        found = found or [code for code, label in rows if label == typed]
        found = found or [code for code, label in rows if typed in label]
        if len(found) == 1:
            return found[0]
        if found:
            raise forms.ValidationError(
                _("有%(count)s个名称含“%(typed)s”，请从列表里选一个。")
                % {"count": len(found), "typed": typed}
            )
        raise forms.ValidationError(
            _("没有找到“%(typed)s”，请从列表里选，或输入代码。") % {"typed": typed}
        )
