"""The shapes of this face's forms; what is right or wrong is decided below."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from yichuang.oversight.rules import TEXT_LIMIT
from yichuang.places.queries import DivisionSheet

_PLAIN = {"autocapitalize": "characters", "autocomplete": "off", "spellcheck": "false"}


class CodeForm(forms.Form):
    """A code as typed or pasted; the address it stands in will do too."""

    code = forms.CharField(max_length=300, widget=forms.TextInput(attrs=_PLAIN))

    def __init__(self, *args: Any, label: object, hint: object, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = label
        self.fields["code"].help_text = hint

    def clean_code(self) -> str:
        """What follows the last slash of an address; anything else as it is."""
        return self.cleaned_data["code"].rstrip("/").rsplit("/", 1)[-1].strip()


class FileForm(forms.Form):
    file = forms.FileField(
        label=_("文书的 PDF 文件"),
        help_text=_("收到的原始文件，不超过 20 MB。只用来核验，看完就删，不保存。"),
        max_length=300,
        error_messages={"empty": _("这个文件是空的，请重新选择收到的原始 PDF 文件。")},
        widget=forms.FileInput(attrs={"accept": "application/pdf,.pdf"}),
    )


class PlaceForm(forms.Form):
    """Town first; its villages are offered once it is known, so no script is needed."""

    town = forms.ChoiceField(label=_("镇、街道"))
    village = forms.ChoiceField(label=_("村、社区"), required=False)

    def __init__(
        self,
        *args: Any,
        towns: Iterable[DivisionSheet],
        villages: Iterable[DivisionSheet],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["town"].choices = [("", _("请选择"))] + [(t.code, t.short_name) for t in towns]
        known = [(v.code, v.short_name) for v in villages]
        if known:
            self.fields["village"].choices = [("", _("不清楚或不用选")), *known]
        else:
            del self.fields["village"]


class GradeForm(forms.Form):
    """The second step of a rating: what went well or badly, in the words of the chosen grade."""

    options = forms.TypedMultipleChoiceField(
        label=_("具体是哪些方面"),
        help_text=_("可以选多个，也可以不选。"),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    text = forms.CharField(
        label=_("还想说的话"),
        required=False,
        help_text=_("请不要写身份证号、电话等个人信息。"),
        widget=forms.Textarea(attrs={"rows": 4, "maxlength": TEXT_LIMIT}),
    )

    def __init__(self, *args: Any, options: Mapping[int, object], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["options"].choices = list(options.items())


class PhoneForm(forms.Form):
    phone = forms.CharField(
        label=_("手机号"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"}),
    )


class SignInCodeForm(forms.Form):
    phone = forms.CharField(max_length=40, widget=forms.HiddenInput)
    code = forms.CharField(
        label=_("验证码"),
        help_text=_("短信里的 6 位数字，5 分钟内有效。"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )
