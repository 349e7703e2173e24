"""A decision paper given anew by whoever decides: misprinted, or a wrong name."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yichuang.cases import reissue as acting
from yichuang.documents.reissue import CAUSES, CORRECTABLE
from yichuang.faces.desk.page import actor, at_the_desk, page
from yichuang.faces.desk.views.case import seen
from yichuang.verdict import Refusal


class Reissue(forms.Form):
    """Why, and the right words. Shape only."""

    cause = forms.ChoiceField(
        label=gettext_lazy("为什么重出"), choices=CAUSES.items(), widget=forms.RadioSelect
    )
    corrected = forms.CharField(
        label=gettext_lazy("更正后的内容"),
        help_text=gettext_lazy(
            "姓名写错的，写正确的姓名（名称）；有错字的，写正确的决定内容。只是印得不清的，不用填。"
        ),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    reason = forms.CharField(
        label=gettext_lazy("说明"), max_length=300, widget=forms.Textarea(attrs={"rows": 2})
    )

    def arguments(self) -> dict[str, Any]:
        said = self.cleaned_data
        text = said["corrected"].strip()
        name = CORRECTABLE[said["cause"]][0]
        return {
            "cause": said["cause"],
            "reason": said["reason"],
            "corrected": {name: text} if text else {},
        }


@at_the_desk
def reissue(request: HttpRequest, case_id: uuid.UUID, paper_id: uuid.UUID) -> HttpResponse:
    """Ask, and give the new paper. The old one verifies as replaced once the new one is sealed."""
    sheet = seen(request, case_id)
    old = next((row for row in sheet.papers if row.id == paper_id), None)
    if old is None or old.kind not in acting.KINDS or old.file_id is None:
        raise Refusal(
            "paper-unknown",
            _("这个办件没有这份决定文书，或者还没有签章。"),
            remedy=_("请回到办件页面，从文书列表里选择。"),
            status=404,
        )
    form, refusal, status = Reissue(request.POST or None), None, 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                given = acting.reissue(
                    case_id=case_id,
                    paper_id=paper_id,
                    by=actor(request),
                    at=timezone.now(),
                    **form.arguments(),
                )
            except Refusal as said:
                refusal, status = said, said.status
            else:
                messages.success(
                    request,
                    _("已重出文书%(new)s，签章后原文书%(old)s核验时显示已被替换。")
                    % {"new": given.number, "old": old.number},
                )
                return redirect("desk:case", case_id=case_id)
    context = {"case": sheet, "old": old, "form": form, "refusal": refusal}
    return page(request, "reissue", context, status=status)
