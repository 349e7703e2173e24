"""What the window's forms hold. Shape only: whether a matter may be taken in, the domain says."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from yichuang.accounts.identifiers import credit_code, phone_number, resident_number
from yichuang.cases import rules
from yichuang.cases.queries import CaseSheet
from yichuang.faces.window import words
from yichuang.verdict import Refusal

CONTENT = "申请内容"  # the question under which the answer is stored, in every language
KINDS = [
    ("person", pgettext_lazy("applicant", "个人")),
    ("enterprise", pgettext_lazy("applicant", "单位")),
]
WHOLE_TOWN = gettext_lazy("不限村（社区）")

# Where an error that the domain finds is shown: by its field, or by its code.
FIELD_OF: Mapping[str, str] = {
    "identity_number": "identity",
    "credit_code": "identity",
    "phone": "phone",
    "name-missing": "name",
    "name-too-long": "name",
    "applicant-kind": "kind",
    "address-missing": "address",
    "delivery-unknown": "delivery",
    "place-unknown": "town",
    "place-too-wide": "village",
    "item-not-in-street": "town",
}


class IntakeForm(forms.Form):
    """Applicant and matter. The materials beside it are read by `checklist`."""

    item = forms.CharField(widget=forms.HiddenInput)
    key = forms.CharField(widget=forms.HiddenInput)
    kind = forms.ChoiceField(label=gettext_lazy("申请人"), choices=KINDS, widget=forms.RadioSelect)
    name = forms.CharField(label=gettext_lazy("姓名或名称"))
    identity = forms.CharField(label=gettext_lazy("身份号码或信用代码"))
    phone = forms.CharField(label=gettext_lazy("手机号码"))
    town = forms.ChoiceField(label=gettext_lazy("镇（街道）"))
    village = forms.ChoiceField(label=gettext_lazy("村（社区）"), required=False)
    content = forms.CharField(
        label=gettext_lazy("申请内容"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    delivery = forms.ChoiceField(
        label=gettext_lazy("领取方式"),
        choices=list(words.DELIVERIES.items()),
        widget=forms.RadioSelect,
    )
    address = forms.CharField(label=gettext_lazy("邮寄地址"), required=False)

    def __init__(
        self,
        *args: Any,
        towns: Sequence[tuple[str, str]],
        villages: Sequence[tuple[str, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["town"].choices = [("", _("请选择")), *towns]
        self.fields["village"].choices = [("", WHOLE_TOWN), *villages]

    def clean_phone(self) -> str:
        typed: str = self.cleaned_data["phone"]
        try:
            phone_number(typed)
        except Refusal as refusal:
            raise forms.ValidationError(str(refusal)) from refusal
        return typed

    def clean_identity(self) -> str:
        typed: str = self.cleaned_data["identity"]
        try:
            checked_identity(self.cleaned_data.get("kind", "person"), typed)
        except Refusal as refusal:
            raise forms.ValidationError(str(refusal)) from refusal
        return typed

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("delivery") == "mail" and not cleaned.get("address"):
            self.add_error("address", _("选择了邮寄，请填写收件地址。"))
        return cleaned

    def blame(self, refusal: Refusal) -> bool:
        """Put the domain's refusal to the field it is about; False when it is about none."""
        if refusal.code == "text-too-long":
            long = len(self.data.get("address", "")) > rules.TEXT_LIMIT
            name = "address" if long else "content"
        else:
            name = FIELD_OF.get(refusal.field) or FIELD_OF.get(refusal.code, "")
        if not name:
            return False
        self.add_error(name, str(refusal))
        return True


def checked_identity(kind: str, typed: str) -> str:
    """The number as the vault indexes it. Raises the identifiers' own refusals."""
    return resident_number(typed).number if kind == "person" else credit_code(typed)


@dataclass(slots=True)
class Row:
    """One listed material on the form: what was ticked, kept and wrong about it."""

    position: int
    name: str
    note: str
    held: bool
    state: str
    copies: str = "1"
    error: str = ""
    kept: str = ""  # the signed token of a file that is stored already
    file_id: str = ""
    file_name: str = ""

    @property
    def choices(self) -> list[tuple[str, str, bool]]:
        """(value, text, chosen) of the row's radio buttons."""
        states = [rules.SUBMITTED, rules.MISSING]
        if self.held:
            states.insert(0, rules.HELD)
        return [(one, str(words.MATERIALS[one]), one == self.state) for one in states]

    def entry(self) -> rules.MaterialEntry:
        return rules.MaterialEntry(self.position, self.state, int(self.copies), self.file_id)


def checklist(materials: Sequence[Any], request: HttpRequest | None = None) -> list[Row]:
    """The item's list as a new form shows it, or as `request` posts it (files are read apart)."""
    rows = []
    for material in materials:
        row = Row(
            position=material.seq,
            name=material.name,
            note=material.note,
            held=material.held,
            state=rules.HELD if material.held else rules.MISSING,
        )
        if request is not None:
            row.state = request.POST.get(f"state-{row.position}", row.state)
            typed = request.POST.get(f"copies-{row.position}", "1")
            row.copies = unicodedata.normalize("NFKC", typed).strip()
            row.kept = request.POST.get(f"kept-{row.position}", "")
            if not (row.copies.isdecimal() and len(row.copies) <= 3):
                row.error = _("份数请填数字。")
        rows.append(row)
    return rows


# --- the steps of a case -------------------------------------------------------------------------


class Positions(forms.TypedMultipleChoiceField):
    """Materials by position. A position that is no longer offered is no fault of the typist's: the
    case has moved on, and the domain says so."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(coerce=int, empty_value=[], **kwargs)

    def valid_value(self, value: str) -> bool:
        return value.isdecimal() and len(value) <= 3


class StepForm(forms.Form):
    """Every step carries the `seq` its page was drawn at, so that nobody overwrites anybody.

    text: the field that a refusal about the words themselves belongs to.
    """

    text = ""
    seq = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, sheet: CaseSheet, event: str, **kwargs: Any) -> None:
        super().__init__(*args, initial={"seq": sheet.seq}, auto_id=f"id_{event}_%s", **kwargs)
        self.prepare(sheet)

    def prepare(self, sheet: CaseSheet) -> None:
        """Fit the form to the case."""

    def arguments(self) -> dict[str, Any]:
        """What the action is called with, besides the case, `seq`, `by` and `at`."""
        return {name: value for name, value in self.cleaned_data.items() if name != "seq"}


class MaterialsForm(StepForm):
    """A step about some of the case's materials, named by position."""

    positions: str
    states: Sequence[str] = tuple(words.MATERIALS)

    def prepare(self, sheet: CaseSheet) -> None:
        self.fields[self.positions].choices = [
            (str(row.position), row.name) for row in sheet.materials if row.state in self.states
        ]


class AskCorrection(MaterialsForm):
    positions = "missing"
    text = "problem"
    missing = Positions(label=gettext_lazy("要补正的材料"))
    problem = forms.CharField(
        label=gettext_lazy("哪里不对，怎么改"),
        help_text=gettext_lazy("只能告知一次，请把全部问题写全。"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class Correct(MaterialsForm):
    positions = "supplied"
    states = (rules.MISSING,)
    supplied = Positions(label=gettext_lazy("这次补来的材料"))


class Decline(StepForm):
    text = "reason"
    reason = forms.CharField(
        label=gettext_lazy("不予受理的理由"), widget=forms.Textarea(attrs={"rows": 3})
    )
    where_to_go = forms.CharField(label=gettext_lazy("应当到哪里办"), required=False)


class Withdraw(StepForm):
    text = "reason"
    reason = forms.CharField(
        label=gettext_lazy("申请人撤回的原因"), widget=forms.Textarea(attrs={"rows": 2})
    )


class Dispatch(StepForm):
    text = "tracking_number"
    courier = forms.CharField(label=gettext_lazy("寄递企业"))
    tracking_number = forms.CharField(label=gettext_lazy("运单号"))


class Deliver(StepForm):
    text = "received_by"
    received_by = forms.CharField(label=gettext_lazy("签收人"))
