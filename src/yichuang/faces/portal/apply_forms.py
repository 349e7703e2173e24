"""The forms of an application from home, one for each kind of page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from yichuang.accounts.identifiers import credit_code, phone_number, resident_number
from yichuang.cases import fact_rules
from yichuang.cases.rules import (
    NAME_LIMIT,
    TEXT_LIMIT,
    check_minor,
    check_private,
    is_blank,
    visible,
)
from yichuang.catalogue.drafts import Fact
from yichuang.design.context import named
from yichuang.design.fields import DateBoxesField
from yichuang.verdict import Refusal

# The picker of a telephone offers the camera by itself; `capture` opens it at once, but then
# leaves no way to a photo taken earlier: so there is a second input for that.
_ACCEPT = {"accept": "image/*,application/pdf"}
_CAMERA = {"accept": "image/*", "capture": "environment"}


class ChoiceForm(forms.Form):
    """One question with a few answers."""

    answer = forms.ChoiceField(widget=forms.RadioSelect)

    def __init__(
        self,
        *args: Any,
        label: str,
        choices: Sequence[tuple[str, str]],
        hint: str = "",
        select: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["answer"]
        field.label, field.help_text = label, hint
        if select:
            field.widget = forms.Select()
        field.choices = [("", _("请选择")), *choices] if select else choices


class TextForm(forms.Form):
    """One question answered in words."""

    answer = forms.CharField()

    def __init__(
        self,
        *args: Any,
        label: str,
        hint: str = "",
        rows: int = 4,
        required: bool = True,
        limit: int = TEXT_LIMIT,
        autocomplete: str = "off",
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["answer"]
        field.label, field.help_text, field.required = label, hint, required
        field.widget = forms.Textarea(attrs={"rows": rows, "autocomplete": autocomplete})
        self.limit = limit

    def clean_answer(self) -> str:
        text = _short_enough(visible(self.cleaned_data["answer"]).strip(), self.limit)
        clean = check_private(text)
        if not clean:
            raise forms.ValidationError(f"{clean.reason} {clean.remedy}")
        return text


class FactsForm(forms.Form):
    """The facts of one page, as the item asks them."""

    def __init__(
        self, *args: Any, facts: Sequence[Fact], given: Mapping[str, str], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.facts = facts
        for fact in facts:
            self.fields[fact.key] = _field(fact)
            self.initial[fact.key] = _initial(fact, given.get(fact.key, ""))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for fact in self.facts:
            if fact.key not in cleaned:
                continue
            typed = cleaned[fact.key]
            text = typed.isoformat() if isinstance(typed, date) else visible(typed or "").strip()
            try:
                cleaned[fact.key] = fact_rules.value(fact, text) if text else ""
            except Refusal as refusal:
                self.add_error(fact.key, str(refusal))
        return cleaned


def _field(fact: Fact) -> forms.Field:
    said: dict[str, Any] = {
        "label": named(fact.label, fact.label_en),
        "help_text": named(fact.help, fact.help_en),
        "required": fact.required,
    }
    if fact.kind == "choice":
        choices = [(o.value, named(o.label, o.label_en)) for o in fact.options]
        return forms.ChoiceField(choices=choices, widget=forms.RadioSelect, **said)
    if fact.kind == "date":
        return DateBoxesField(**said)
    if fact.kind == "long":
        return forms.CharField(widget=forms.Textarea(attrs={"rows": 5}), **said)
    modes = {"number": "decimal", "money": "decimal", "phone": "tel"}
    attrs = {"autocomplete": "off"}
    if fact.kind in modes:
        attrs["inputmode"] = modes[fact.kind]
    return forms.CharField(widget=forms.TextInput(attrs=attrs), **said)


def _initial(fact: Fact, kept: str) -> object:
    if fact.kind != "date" or not kept:
        return kept
    return date.fromisoformat(kept)


class ApplicantForm(forms.Form):
    """Who applies: the name and the number on the card or the licence."""

    name = forms.CharField(widget=forms.TextInput(attrs={"autocomplete": "name"}))
    identity = forms.CharField(
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        )
    )
    agent = forms.CharField(widget=forms.TextInput(attrs={"autocomplete": "name"}))

    def __init__(
        self, *args: Any, enterprise: bool, agent: bool, minor_on: date | None, **kwargs: Any
    ) -> None:
        """minor_on: the day on which the applicant must still be under age, for a child's."""
        super().__init__(*args, **kwargs)
        self.enterprise, self.minor_on = enterprise, minor_on
        child = minor_on is not None
        name, identity = self.fields["name"], self.fields["identity"]
        if enterprise:
            name.label, identity.label = _("单位名称"), _("统一社会信用代码")
            name.help_text = _("与营业执照或登记证书上的一样。")
            identity.help_text = _("营业执照上的 18 位数字和字母。")
            name.widget.attrs["autocomplete"] = "organization"
        elif child:
            name.label, identity.label = _("孩子的姓名"), _("孩子的身份证号")
            identity.help_text = _("身份证或户口簿上的 18 位号码。")
        elif agent:
            name.label, identity.label = _("委托人的姓名"), _("委托人的身份证号")
            identity.help_text = _("身份证上的 18 位号码。")
        else:
            name.label, identity.label = _("您的姓名"), _("您的身份证号")
            name.help_text = _("与身份证上的一样，生僻字也可以。")
            identity.help_text = _("身份证上的 18 位号码，最后一位可能是 X。")
        if agent:
            self.fields["agent"].label = (
                _("您的姓名（监护人）") if child else _("您的姓名（受托人）")
            )
        else:
            del self.fields["agent"]

    def clean_name(self) -> str:
        return _name(self.cleaned_data["name"])

    def clean_agent(self) -> str:
        return _name(self.cleaned_data["agent"])

    def clean_identity(self) -> str:
        typed = self.cleaned_data["identity"]
        return _checked(lambda: credit_code(typed) if self.enterprise else self._number(typed))

    def _number(self, typed: str) -> str:
        found = resident_number(typed)
        if self.minor_on is not None:
            check_minor(found.birth, self.minor_on).enforce()
        return found.number


class ContactForm(forms.Form):
    answer = forms.CharField(
        label=_("您的手机号"),
        help_text=_("用来收办理通知。提交时会往这个号码发一个验证码。"),
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"}),
    )

    def clean_answer(self) -> str:
        return _checked(lambda: phone_number(self.cleaned_data["answer"]))


class MaterialForm(forms.Form):
    """A file of one material, chosen or photographed now."""

    file = forms.FileField(
        label=_("照片或 PDF"),
        help_text=_("JPG、PNG 或 PDF，每个不超过 20 MB。"),
        required=False,
        max_length=300,
        error_messages={"empty": _("这个文件是空的，请重新选择。")},
        widget=forms.FileInput(attrs=_ACCEPT),
    )
    photo = forms.FileField(
        label=_("或者现在拍一张"),
        required=False,
        max_length=300,
        error_messages={"empty": _("这张照片是空的，请重新拍。")},
        widget=forms.FileInput(attrs=_CAMERA),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():  # one of the two is needed, so neither reads "optional"
            field.required = not self.is_bound


class PromiseForm(forms.Form):
    agreed = forms.BooleanField(
        label=_("我是申请人本人，已经看清上面的内容，承诺属实，愿意接受核查。"),
        error_messages={"required": _("请看清内容后勾选；不愿承诺的，可以返回改为交材料。")},
    )


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("验证码"),
        help_text=_("短信里的 6 位数字，5 分钟内有效。"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )


class SupplyForm(forms.Form):
    """What is still missing of a filed application, each with its file. optional: not all at once."""

    def __init__(
        self, *args: Any, rows: Sequence[tuple[int, str]], optional: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        for position, name in rows:
            self.fields[f"file_{position}"] = forms.FileField(
                label=name,
                required=not optional,
                max_length=300,
                error_messages={"empty": _("这个文件是空的，请重新选择。")},
                widget=forms.FileInput(attrs=_ACCEPT),
            )


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("为什么撤回"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def clean_reason(self) -> str:
        return _short_enough(visible(self.cleaned_data["reason"]), TEXT_LIMIT)


def _name(text: str) -> str:
    name = " ".join(visible(text).split())
    if is_blank(name):
        raise forms.ValidationError(_("请填写看得见的文字。"))
    return _short_enough(name, NAME_LIMIT)


def _short_enough(text: str, limit: int) -> str:
    if len(text) > limit:
        raise forms.ValidationError(
            _("写了 %(count)d 个字，最多 %(limit)d 个。请缩短，长文可以作为材料上传。")
            % {"count": len(text), "limit": limit}
        )
    return text


def _checked(read: Callable[[], str]) -> str:
    try:
        return read()
    except Refusal as refusal:
        raise forms.ValidationError(str(refusal)) from None
