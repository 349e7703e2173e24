"""What a company's step asks. Shape only: what may be done, the domain says."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from yichuang.cases.handing_rules import ANSWER_LIMIT
from yichuang.design import steps


class StepForm(steps.StepForm):
    """text: the field a refusal belongs to."""

    text = ""


class AskMore(StepForm):
    text = "what"
    what = forms.CharField(
        label=gettext_lazy("要补充什么"),
        help_text=gettext_lazy("只能要求一次，请把要补的全部写清楚；等补充的日子不计时限。"),
        max_length=ANSWER_LIMIT,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class Done(StepForm):
    text = "text"
    text_label = gettext_lazy("办理结果")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"] = forms.CharField(
            label=self.text_label,
            help_text=gettext_lazy("申请人会看到这句话，请写得让人看得懂；不要写证件号码。"),
            max_length=ANSWER_LIMIT,
            widget=forms.Textarea(attrs={"rows": 3}),
        )

    def arguments(self) -> dict[str, Any]:
        return {**super().arguments(), "done": True}


class Refuse(Done):
    text_label = gettext_lazy("未能办理的原因，申请人还可以怎么办")

    def arguments(self) -> dict[str, Any]:
        return {**super().arguments(), "done": False}
