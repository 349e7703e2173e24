"""What the intake page holds: applicant, form facts, materials. Shape only: whether a matter may be
taken in, the domain says."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from yichuang.accounts.identifiers import credit_code, phone_number, resident_number
from yichuang.cases import fact_rules, rules
from yichuang.cases.held import Held
from yichuang.catalogue.drafts import Fact
from yichuang.catalogue.queries import MaterialSheet
from yichuang.design.context import named
from yichuang.faces.window import words
from yichuang.verdict import Refusal

CONTENT = "申请内容"  # the question under which the answer is stored, in every language
FACT = "fact_"  # before a fact's key, in the name of its field
KINDS = [
    ("person", pgettext_lazy("applicant", "个人")),
    ("enterprise", pgettext_lazy("applicant", "单位")),
]
BEHALF = [(code, text) for code, text in words.BEHALF.items() if code != "enterprise"]
WHOLE_TOWN = gettext_lazy("不限村（社区）")
TYPED_AS: Mapping[str, str] = {"number": "numeric", "money": "decimal", "phone": "tel"}

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
    "collect_at": "collect_at",
    "agent": "agent",
    "behalf-unknown": "on_behalf",
    "behalf-kind": "on_behalf",
    "not-a-child": "on_behalf",
    "place-unknown": "town",
    "place-too-wide": "village",
    "item-not-in-street": "town",
}


def plain(typed: str) -> str:
    """Full-width digits and letters as half-width ones, blanks at the ends gone."""
    return unicodedata.normalize("NFKC", typed).strip()


class FactField(forms.CharField):
    """One thing the application form asks. May stay open here: whoever hands in the form on paper
    has answered already, and a form filled in half is for the domain to refuse."""

    def __init__(self, fact: Fact) -> None:
        widget: forms.Widget = forms.TextInput()
        if fact.kind == "long":
            widget = forms.Textarea(attrs={"rows": 2})
        elif fact.kind == "choice":
            options = [(one.value, named(one.label, one.label_en)) for one in fact.options]
            widget = forms.Select(choices=[("", _("请选择")), *options])
        elif fact.kind in TYPED_AS:
            widget = forms.TextInput(attrs={"inputmode": TYPED_AS[fact.kind]})
        hint = named(fact.help, fact.help_en)
        if fact.kind == "date" and not hint:
            hint = _("例如20260131")
        super().__init__(
            label=named(fact.label, fact.label_en),
            help_text=hint,
            required=False,
            widget=widget,
        )
        self.fact = fact

    def clean(self, value: Any) -> str:
        typed: str = super().clean(value)
        if not typed:
            return ""
        try:
            return fact_rules.value(self.fact, typed)
        except Refusal as refusal:
            raise forms.ValidationError(str(refusal)) from refusal


class IntakeForm(forms.Form):
    """Applicant, matter, facts and how to receive. The materials beside it: `checklist`."""

    item = forms.CharField(widget=forms.HiddenInput)
    key = forms.CharField(widget=forms.HiddenInput)
    version = forms.CharField(widget=forms.HiddenInput, required=False)
    kind = forms.ChoiceField(label=gettext_lazy("申请人"), choices=KINDS, widget=forms.RadioSelect)
    on_behalf = forms.ChoiceField(
        label=gettext_lazy("为谁办理"), choices=BEHALF, widget=forms.RadioSelect, required=False
    )
    identity = forms.CharField(label=gettext_lazy("身份号码或信用代码"))
    name = forms.CharField(label=gettext_lazy("姓名或名称"))
    phone = forms.CharField(label=gettext_lazy("手机号码"))
    agent = forms.CharField(label=gettext_lazy("替人办的，办理人姓名"), required=False)
    again = forms.BooleanField(label=gettext_lazy("确要再收一件"), required=False)
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
    collect_at = forms.ChoiceField(label=gettext_lazy("在哪里领取"), required=False)
    address = forms.CharField(label=gettext_lazy("邮寄地址"), required=False)

    def __init__(
        self,
        *args: Any,
        towns: Sequence[tuple[str, str]],
        villages: Sequence[tuple[str, str]],
        counters: Sequence[tuple[str, str]] = (),
        facts: Sequence[Fact] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["town"].choices = [("", _("请选择")), *towns]
        self.fields["village"].choices = [("", WHOLE_TOWN), *villages]
        self.fields["collect_at"].choices = [("", _("本服务点")), *counters]
        for fact in facts:
            self.fields[f"{FACT}{fact.key}"] = FactField(fact)
        if facts:  # the form asks everything in its own fields
            del self.fields["content"]

    def fact_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith(FACT)]

    def facts(self) -> dict[str, str]:
        """Fact key → text, of a valid form; what was left empty is left out."""
        said = self.cleaned_data
        facts = {n.removeprefix(FACT): said[n] for n in said if n.startswith(FACT) and said[n]}
        return facts | ({fact_rules.AGENT.key: said["agent"]} if said["agent"] else {})

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
            name = self._longest()
        else:
            name = FIELD_OF.get(refusal.field) or FIELD_OF.get(refusal.code, "")
        if not name and f"{FACT}{refusal.field}" in self.fields:
            name = f"{FACT}{refusal.field}"
        if name not in self.fields:
            return False
        self.add_error(name, str(refusal))
        return True

    def _longest(self) -> str:
        """The free text that is over its limit."""
        texts = ["address", "content", *(name for name in self.fields if name.startswith(FACT))]
        return max(texts, key=lambda name: len(self.data.get(name, "")))


def checked_identity(kind: str, typed: str) -> str:
    """The number as the vault indexes it. Raises the identifiers' own refusals."""
    return resident_number(typed).number if kind == "person" else credit_code(typed)


@dataclass(slots=True)
class Row:
    """One material of the exact list on the page: what may be chosen, was ticked, kept, is wrong.

    held: where the office has it from, "" where it does not. later_by: the last day on which it
    may follow, None where it may not or no calendar says. barred: why no promise may replace it.
    """

    material: MaterialSheet
    state: str
    copies: str = "1"
    held: str = ""
    held_ref: str = ""
    later_by: date | None = None
    told: Sequence[tuple[str, str]] = ()
    barred: str = ""
    signed: bool = False
    error: str = ""
    kept: str = ""  # the signed token of a file that is stored already
    file_id: str = ""
    file_name: str = ""
    of: tuple[str, int] | None = None  # item and position of its promise, in a list of several

    @property
    def position(self) -> int:
        return self.material.seq

    @property
    def name(self) -> str:
        return named(self.material.name, self.material.name_en)

    @property
    def reason(self) -> str:
        return named(self.material.reason, self.material.reason_en)

    @property
    def may_promise(self) -> bool:
        return self.material.promise == "allowed" and not self.barred

    @property
    def choices(self) -> list[dict[str, Any]]:
        """The row's radio buttons: number (its key), value, text, chosen."""
        offered = {
            rules.SUBMITTED: True,
            rules.HELD: bool(self.held) or self.state == rules.HELD,
            rules.LATER: self.material.later_days is not None,
            rules.PROMISED: self.may_promise or self.state == rules.PROMISED,
            rules.MISSING: True,
        }
        return [
            {
                "number": number,
                "value": state,
                "text": words.MATERIALS[state],
                "chosen": state == self.state,
            }
            for number, state in enumerate(words.MATERIALS, 1)
            if offered[state]
        ]

    @property
    def samples(self) -> list[str]:
        return [part.strip() for part in self.material.sample.split("；") if part.strip()]

    def entry(self) -> rules.MaterialEntry:
        return rules.MaterialEntry(
            self.position,
            self.state,
            int(self.copies),
            self.file_id,
            held_ref=self.held_ref if self.state == rules.HELD else "",
            # only looked for, and so only here, when the applicant agreed (bench.CONSENT)
            consent=self.held_ref.startswith(rules.LICENCE),
        )


def checklist(
    materials: Sequence[MaterialSheet],
    data: Mapping[str, str] | None = None,
    *,
    held: Mapping[int, Held],
    moved: Mapping[int, int] | None = None,
    fresh: bool = False,
) -> list[Row]:
    """The exact list as a new page shows it, or as `data` posts it (files are read apart).

    held: position → what the office has already. moved: position → where the row stood in the
    version that the page was drawn from; None: nothing moved. fresh: who applies was only just
    told, so what the office has of theirs is ticked now.
    """
    rows = []
    for material in materials:
        found = held.get(material.seq)
        row = Row(
            material,
            state=rules.HELD if found or material.held else rules.MISSING,
            held=found.label if found else _("可由政府部门共享取得") if material.held else "",
            held_ref=found.ref if found else "",
        )
        at = material.seq if moved is None else moved.get(material.seq)
        if data is not None and at is not None:
            _typed(row, data, at, fresh=fresh)
        rows.append(row)
    return rows


def _typed(row: Row, data: Mapping[str, str], at: int, *, fresh: bool) -> None:
    """What was ticked for the row that stood at position `at`."""
    said = data.get(f"state-{at}", row.state)
    unsaid = said == rules.MISSING and fresh
    gone = said == rules.HELD and not row.held
    if said in words.MATERIALS and not unsaid and not gone:
        row.state = said
    row.copies = plain(data.get(f"copies-{at}", "1"))
    row.kept = data.get(f"kept-{at}", "")
    row.signed = data.get(f"signed-{at}") == "1"
    if not (row.copies.isdecimal() and row.copies.isascii() and len(row.copies) <= 3):
        row.error = _("份数请填数字。")
