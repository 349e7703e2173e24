"""What the pages of blank certificates ask. Shape only: what may be done, the package says."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from yichuang.blanks import rules
from yichuang.blanks.day_queries import DayLine
from yichuang.blanks.queries import TypeSheet
from yichuang.design.context import named

NUMBER = {"autocomplete": "off", "spellcheck": "false"}


class Keyed(forms.Form):
    """`key`: made with the page, so that a form sent twice is one act."""

    key = forms.CharField(widget=forms.HiddenInput, max_length=120)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        initial = {"key": uuid.uuid4().hex, **(kwargs.pop("initial", None) or {})}
        super().__init__(*args, initial=initial, **kwargs)


class Typed(Keyed):
    """An act on sheets of one type."""

    type_code = forms.ChoiceField(label=_("证照种类"))

    def __init__(self, *args: Any, types: Iterable[TypeSheet], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["type_code"].choices = [
            (one.code, named(one.name, one.name_en)) for one in types
        ]


class Reserve(Typed):
    case_number = forms.CharField(label=_("办件编号"), max_length=64)
    paper = forms.CharField(
        label=_("证照或文书编号"),
        required=False,
        max_length=120,
        help_text=_("填了编号，同一份证照就不会占两张空白证。"),
    )


class Numbered(Typed):
    first = forms.CharField(label=_("起号"), max_length=40, widget=forms.TextInput(NUMBER))
    last = forms.CharField(
        label=_("止号"),
        max_length=40,
        required=False,
        widget=forms.TextInput(NUMBER),
        help_text=_("只有一张的不用填。"),
    )


class Receive(Numbered):
    source = forms.CharField(
        label=_("从何处领来、凭证号"),
        max_length=rules.TEXT_LIMIT,
        help_text=_("例如：市局发放，领证单2026年第7号。"),
    )


class Reasoned(Numbered):
    reason = forms.CharField(
        label=_("原因"), max_length=rules.TEXT_LIMIT, widget=forms.Textarea({"rows": 2})
    )


class Spoil(Reasoned):
    photo = forms.FileField(
        label=_("照片"),
        required=False,
        widget=forms.FileInput({"accept": "image/*,application/pdf"}),
        help_text=_("可以拍下作废的证照，号码要看得清；先在证照上写“作废”。"),
    )


class Counted(Typed):
    count = forms.IntegerField(label=_("张数"), min_value=1, max_value=rules.RANGE_LIMIT)
    outlet = forms.ChoiceField(label=_("交给哪里"))

    def __init__(self, *args: Any, outlets: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["outlet"].choices = [("", "—"), *outlets]


class Because(Keyed):
    """Why a number is printed again or given back."""

    reason = forms.CharField(label=_("原因"), max_length=rules.TEXT_LIMIT)

    def __init__(self, *args: Any, event: str, **kwargs: Any) -> None:
        super().__init__(*args, auto_id=f"id_{event}_%s", **kwargs)


class Answer(forms.Form):
    answer = forms.CharField(
        label=_("说明"), required=False, max_length=rules.TEXT_LIMIT, widget=forms.TextInput
    )

    def __init__(self, *args: Any, kind: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if kind == rules.LOSE:
            self.fields["answer"].label = _("报失编号（同意时）或不同意的理由")
        else:
            self.fields["answer"].label = _("说明（不同意时写明理由）")


class Count(forms.Form):
    """One box a type of the day's sheet."""

    def __init__(self, *args: Any, lines: Sequence[DayLine], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for line in lines:
            self.fields[f"found_{line.type_code}"] = forms.IntegerField(
                label=named(line.type_name, line.type_name_en),
                min_value=0,
                max_value=rules.COUNT_LIMIT,
                initial=line.found,
            )

    def found(self) -> Mapping[str, int]:
        """type code → sheets."""
        return {name.removeprefix("found_"): sheets for name, sheets in self.cleaned_data.items()}


class Reopen(forms.Form):
    reason = forms.CharField(label=_("重开的原因"), max_length=rules.TEXT_LIMIT)
