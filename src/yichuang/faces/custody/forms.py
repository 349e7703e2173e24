"""What the seal pages ask. Shape only: what may be done, `documents` says."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from yichuang.documents import rules
from yichuang.documents.register_rules import REASON_LIMIT
from yichuang.documents.seal_queries import SealSheet, Search

DAYS = [
    (1, gettext_lazy("周一")),
    (2, gettext_lazy("周二")),
    (3, gettext_lazy("周三")),
    (4, gettext_lazy("周四")),
    (5, gettext_lazy("周五")),
    (6, gettext_lazy("周六")),
    (7, gettext_lazy("周日")),
]


def _reason(label: Any) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=REASON_LIMIT, widget=forms.Textarea(attrs={"rows": 2})
    )


class Ask(forms.Form):
    """An entry asked for: why."""

    reason = _reason(gettext_lazy("事由"))

    def arguments(self) -> dict[str, Any]:
        """What register.ask is called with, besides the seal, the event, `by` and `at`."""
        return {"reason": self.cleaned_data["reason"]}


class HandOut(Ask):
    """To whom a seal goes."""

    custodian = forms.TypedChoiceField(
        label=gettext_lazy("交给谁保管"),
        help_text=gettext_lazy("接收人登录后确认签收，登记才生效。"),
        coerce=int,
    )
    field_order = ("custodian", "reason")

    def __init__(self, *args: Any, people: Iterable[tuple[int, str]] = (), **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["custodian"].choices = [("", "—"), *people]

    def arguments(self) -> dict[str, Any]:
        return {**super().arguments(), "custodian_id": self.cleaned_data["custodian"]}


class Adjust(Ask):
    """The scope of a seal as it is to be: hours, items, papers, how an impression is approved."""

    approval = forms.ChoiceField(
        label=gettext_lazy("用印审批方式"),
        choices=rules.APPROVALS.items(),
        widget=forms.RadioSelect,
        help_text=gettext_lazy("逐件批准的，每份文书都要保管人看过、批准才盖。"),
    )
    days = forms.TypedMultipleChoiceField(
        label=gettext_lazy("哪几天可以用"),
        help_text=gettext_lazy("都不选就是不限时段。"),
        choices=DAYS,
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    begins = forms.CharField(
        label=gettext_lazy("几点开始"), required=False, help_text=gettext_lazy("如 08:30")
    )
    ends = forms.CharField(
        label=gettext_lazy("几点结束"), required=False, help_text=gettext_lazy("如 17:30")
    )
    paper_kinds = forms.MultipleChoiceField(
        label=gettext_lazy("适用文书"),
        help_text=gettext_lazy("都不选就是不限。"),
        choices=[(code, kind.title) for code, kind in rules.PAPER_KINDS.items()],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    items = forms.CharField(
        label=gettext_lazy("适用事项"),
        help_text=gettext_lazy("事项代码，用空格分开；不填就是不限。"),
        required=False,
    )
    field_order = ("approval", "days", "begins", "ends", "paper_kinds", "items", "reason")

    def arguments(self) -> dict[str, Any]:
        said = self.cleaned_data
        hours = (
            {"days": said["days"], "from": said["begins"], "to": said["ends"]}
            if said["days"]
            else {}
        )
        change = {
            "approval": said["approval"],
            "hours": hours,
            "paper_kinds": said["paper_kinds"],
            "items": said["items"].split(),
        }
        return {**super().arguments(), "change": change}


def ask_form(
    event: str, sheet: SealSheet, data: Any = None, *, people: Iterable[tuple[int, str]] = ()
) -> Ask:
    """The form of one event; an adjustment starts from what stands."""
    if event == "hand_out":
        return HandOut(data, people=people, auto_id="id_hand_out_%s")
    if event == "adjust":
        initial = {
            "approval": sheet.line.approval,
            "paper_kinds": sheet.paper_kinds,
            "items": " ".join(sheet.items),
        }
        if sheet.hours_as_set:
            initial |= {
                "days": sheet.hours_as_set["days"],
                "begins": sheet.hours_as_set["from"],
                "ends": sheet.hours_as_set["to"],
            }
        return Adjust(data, initial=initial, auto_id="id_adjust_%s")
    return Ask(data, auto_id=f"id_{event}_%s")


class Settle(forms.Form):
    """Confirmed, or not and why not."""

    reason = forms.CharField(
        label=gettext_lazy("不同意的理由"),
        max_length=REASON_LIMIT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class Decline(forms.Form):
    """Why an impression is refused."""

    reason = _reason(gettext_lazy("不批准的理由"))


class Make(Ask):
    """A new seal to be made."""

    code = forms.CharField(label=gettext_lazy("印章编码"), max_length=64)
    kind = forms.ChoiceField(label=gettext_lazy("种类"), choices=rules.SEAL_KINDS.items())
    organ_code = forms.ChoiceField(label=gettext_lazy("所属机关"))
    number = forms.CharField(
        label=gettext_lazy("编号"),
        help_text=gettext_lazy("行政审批专用章必须编号。"),
        max_length=32,
        required=False,
    )
    name = forms.CharField(
        label=gettext_lazy("印章名称"),
        help_text=gettext_lazy("与章面所刻一字不差，使用法定名称。"),
        max_length=120,
    )
    valid_from = forms.DateField(
        label=gettext_lazy("启用日期"), widget=forms.DateInput(attrs={"type": "date"})
    )
    custodian_title = forms.CharField(label=gettext_lazy("保管岗位"), max_length=80)
    field_order = (
        "organ_code",
        "kind",
        "number",
        "name",
        "code",
        "valid_from",
        "custodian_title",
        "reason",
    )

    def __init__(self, *args: Any, organs: Iterable[tuple[str, str]] = (), **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["organ_code"].choices = [("", "—"), *organs]


class LedgerSearch(forms.Form):
    """By what the ledger is searched."""

    since = forms.DateField(
        label=gettext_lazy("从"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        label=gettext_lazy("到"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    seal = forms.CharField(label=gettext_lazy("印章编码"), required=False, max_length=64)
    item = forms.CharField(label=gettext_lazy("事项代码"), required=False, max_length=64)
    case = forms.CharField(label=gettext_lazy("办件编号"), required=False, max_length=64)
    number = forms.CharField(
        label=gettext_lazy("用印编号或文书编号"), required=False, max_length=120
    )

    def search(self) -> Search:
        """What was asked; a field that cannot be read limits nothing."""
        self.is_valid()
        return Search(
            **{
                name: value.strip() if isinstance(value, str) else value
                for name, value in self.cleaned_data.items()
            }
        )
