"""The steps of a case as forms. Shape only: whether a step may be taken, the domain says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from yichuang.cases import rules, shipment_rules
from yichuang.cases.queries import CaseSheet
from yichuang.design import steps
from yichuang.faces.window import words


class Positions(forms.TypedMultipleChoiceField):
    """Materials by position. A position that is no longer offered is no fault of the typist's: the
    case has moved on, and the domain says so."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(coerce=int, empty_value=[], **kwargs)

    def valid_value(self, value: str) -> bool:
        return value.isdecimal() and len(value) <= 3


class StepForm(steps.StepForm):
    """A step of a case. text: the field that a refusal about the words themselves belongs to."""

    text = ""

    def __init__(self, *args: Any, sheet: CaseSheet, event: str, **kwargs: Any) -> None:
        super().__init__(*args, seq=sheet.seq, event=event, **kwargs)
        self.prepare(sheet)

    def prepare(self, sheet: CaseSheet) -> None:
        """Fit the form to the case."""


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


class SupplyLater(MaterialsForm):
    positions = "supplied"
    states = (rules.LATER,)
    supplied = Positions(label=gettext_lazy("这次补交的材料"))

    def arguments(self) -> dict[str, Any]:
        return {"supplied": [rules.MaterialEntry(at) for at in self.cleaned_data["supplied"]]}


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


class OrderParcel(StepForm):
    address = forms.CharField(
        label=gettext_lazy("寄到哪里"),
        help_text=gettext_lazy("不填就寄到申请时留的地址。"),
        required=False,
        max_length=200,
    )


class SettleDelivery(forms.Form):
    """How a result that did not arrive was seen to. One form for each task of a page."""

    way = forms.ChoiceField(
        label=gettext_lazy("怎么处理的"), choices=list(shipment_rules.WAYS.items())
    )
    note = forms.CharField(
        label=gettext_lazy("说明"),
        help_text=gettext_lazy("写清联系了谁、怎么说的，不写证件号码。"),
        max_length=200,
    )

    def __init__(self, *args: Any, task: object, **kwargs: Any) -> None:
        super().__init__(*args, auto_id=f"id_{task}_%s", **kwargs)
