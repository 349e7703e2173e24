"""Forms of 首问 and 转办. Shape only: what may be done, the domain says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yichuang.accounts.identifiers import phone_number
from yichuang.authority.queries import MaterialFacts
from yichuang.cases import contact_queries, referral_queries
from yichuang.cases.handing_rules import ANSWER_LIMIT, MATTER_LIMIT
from yichuang.catalogue.drafts import Fact
from yichuang.design import steps
from yichuang.faces.window.intake_forms import (
    FACT,
    KINDS,
    WHOLE_TOWN,
    FactField,
    checked_identity,
)
from yichuang.verdict import Refusal


class Blamed(forms.Form):
    """A form to which the domain's refusal can be put, where it has the field at fault."""

    FIELD_OF: Mapping[str, str] = {}

    def blame(self, refusal: Refusal) -> bool:
        """Whether the refusal was put to a field; else the page shows it above."""
        named = (refusal.field, f"{FACT}{refusal.field}", self.FIELD_OF.get(refusal.field, ""))
        name = next((one for one in named if one in self.fields), "")
        name = name or self.FIELD_OF.get(refusal.code, "")
        if not name:
            return False
        self.add_error(name, str(refusal))
        return True


def _first_word(typed: str) -> str:
    """The code from "code name", as the list offers it."""
    return typed.split()[0] if typed.split() else ""


class ContactForm(Blamed):
    FIELD_OF = {"item-unknown": "item", "item-suspended": "item", "item-cancelled": "item"}
    matter = forms.CharField(
        label=gettext_lazy("问的是什么事"),
        help_text=gettext_lazy("用您自己的话写，一两句就够；不要写身份证号码。"),
        max_length=MATTER_LIMIT,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    item = forms.CharField(
        label=gettext_lazy("对应的事项"),
        help_text=gettext_lazy("知道就选，不知道就空着。"),
        required=False,
    )
    phone = forms.CharField(
        label=gettext_lazy("回电号码"),
        help_text=gettext_lazy("只有来人要求回电才填，加密保管。"),
        required=False,
    )
    to_organ = forms.CharField(required=False, widget=forms.HiddenInput)

    def clean_item(self) -> str:
        return _first_word(self.cleaned_data["item"])


class StepForm(Blamed, steps.StepForm):
    """A step to which a refusal can be put."""


class HandOver(StepForm):
    FIELD_OF = {"receiver-missing": "receiver", "outlet-unknown": "receiver"}
    receiver = forms.CharField(
        label=gettext_lazy("转交给哪个网点或单位"),
        help_text=gettext_lazy("输入几个字，从列表里选。对方接收以前，仍由首问人负责。"),
        widget=forms.TextInput(attrs={"list": "known-receivers", "autocomplete": "off"}),
    )
    outlets: frozenset[str] = frozenset()  # the codes that are outlets; every other is an organ

    def arguments(self) -> dict[str, Any]:
        """An outlet where one has the code, else an organ."""
        code = _first_word(self.cleaned_data["receiver"])
        return {"outlet_code": code} if code in self.outlets else {"organ_code": code}


class Close(StepForm):
    FIELD_OF = {
        "case-missing": "case_number",
        "not-handed-over": "outcome",
        "text-missing": "answer",
    }
    outcome = forms.ChoiceField(
        label=gettext_lazy("怎样了结"),
        choices=list(contact_queries.OUTCOMES.items()),
        widget=forms.RadioSelect,
    )
    answer = forms.CharField(
        label=gettext_lazy("答复了什么，去了哪里，为什么不用办，谁确认接下了"),
        required=False,
        max_length=ANSWER_LIMIT,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    case_number = forms.CharField(label=gettext_lazy("办件编号（已收件的填）"), required=False)


class Supply(StepForm):
    what = forms.CharField(
        label=gettext_lazy("补充了什么"),
        max_length=ANSWER_LIMIT,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class Tell(StepForm):
    how = forms.ChoiceField(
        label=gettext_lazy("怎样告知的"),
        choices=list(referral_queries.TOLD_HOW.items()),
        widget=forms.RadioSelect,
    )


class Withdraw(StepForm):
    reason = forms.CharField(
        label=gettext_lazy("申请人撤回的原因"),
        max_length=ANSWER_LIMIT,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class ReferralForm(Blamed):
    """Applicant and matter; the item's own facts and its exact list are added when it is made."""

    FIELD_OF = {
        "identity_number": "identity",
        "credit_code": "identity",
        "name-missing": "name",
        "place-unknown": "town",
        "text-too-long": "content",
        "organ-not-connected": "organ",
    }
    item = forms.CharField(widget=forms.HiddenInput)
    key = forms.CharField(widget=forms.HiddenInput)
    kind = forms.ChoiceField(label=gettext_lazy("申请人"), choices=KINDS, widget=forms.RadioSelect)
    name = forms.CharField(label=gettext_lazy("姓名或名称"))
    identity = forms.CharField(label=gettext_lazy("身份号码或信用代码"))
    phone = forms.CharField(label=gettext_lazy("手机号码"))
    town = forms.ChoiceField(label=gettext_lazy("镇（街道）"))
    village = forms.ChoiceField(label=gettext_lazy("村（社区）"), required=False)
    address = forms.CharField(
        label=gettext_lazy("门牌或位置"),
        help_text=gettext_lazy("对方上门要用；加密保管。"),
        required=False,
    )
    content = forms.CharField(
        label=gettext_lazy("申请内容"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(
        self,
        *args: Any,
        towns: Sequence[tuple[str, str]],
        villages: Sequence[tuple[str, str]],
        facts: Sequence[Fact],
        materials: Sequence[MaterialFacts],
        organs: Sequence[tuple[str, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["town"].choices = [("", _("请选择")), *towns]
        self.fields["village"].choices = [("", WHOLE_TOWN), *villages]
        self.facts = tuple(facts)
        for fact in facts:
            self.fields[f"{FACT}{fact.key}"] = FactField(fact)
        if materials:
            self.fields["materials"] = forms.TypedMultipleChoiceField(
                label=_("随转材料"),
                help_text=_("勾选已收下、一并转去的；没带的不勾，对方会一次说清要不要补。"),
                choices=[(str(row.position), row.name) for row in materials],
                coerce=int,
                required=False,
                widget=forms.CheckboxSelectMultiple,
            )
        if len(organs) > 1:
            self.fields["organ"] = forms.ChoiceField(
                label=_("转给哪一家"), choices=[("", _("请选择")), *organs]
            )

    def clean_phone(self) -> str:
        return _checked(self.cleaned_data["phone"], phone_number)

    def clean_identity(self) -> str:
        kind = self.cleaned_data.get("kind", "person")
        return _checked(self.cleaned_data["identity"], lambda typed: checked_identity(kind, typed))

    def facts_given(self) -> dict[str, str]:
        """fact key → text, with the free words under "content"."""
        given = {
            fact.key: str(self.cleaned_data.get(f"{FACT}{fact.key}") or "") for fact in self.facts
        }
        return {**given, "content": self.cleaned_data["content"]}


def _checked(typed: str, check: Any) -> str:
    try:
        check(typed)
    except Refusal as refusal:
        raise forms.ValidationError(str(refusal)) from refusal
    return typed
