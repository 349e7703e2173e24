"""What the forms of this face hold. Shape only: what may be granted, the domain says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yichuang.authority.drafts import GrantDraft
from yichuang.authority.facts import ENTRUST, EVERYWHERE
from yichuang.authority.grant_rules import LONGEST_REASON
from yichuang.authority.wording import INSTRUMENTS
from yichuang.verdict import Fault

Choices = Sequence[tuple[str, Any]]
LONGEST_TEXT = 10_000


def _day(label: Any, *, required: bool = True, hint: Any = "") -> forms.DateField:
    return forms.DateField(
        label=label,
        required=required,
        help_text=hint,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


def _line(label: Any, *, most: int, required: bool = True, hint: Any = "") -> forms.CharField:
    return forms.CharField(label=label, max_length=most, required=required, help_text=hint)


def _area(
    label: Any, *, most: int, rows: int = 3, required: bool = True, hint: Any = ""
) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=most,
        required=required,
        help_text=hint,
        widget=forms.Textarea(attrs={"rows": rows}),
    )


class StartForm(forms.Form):
    """Of what kind, from whom and to whom: what may be chosen next follows from it."""

    instrument = forms.ChoiceField(
        label=gettext_lazy("方式"), choices=list(INSTRUMENTS.items()), widget=forms.RadioSelect
    )
    from_organ = forms.ChoiceField(
        label=gettext_lazy("谁的权限"), help_text=gettext_lazy("只列有权限可以交给镇街的机关。")
    )
    to_organ = forms.ChoiceField(
        label=gettext_lazy("交给谁"),
        help_text=gettext_lazy(
            "只列行政机关。便民服务中心、政务服务局以镇人民政府（街道办事处）名义受委托。"
        ),
    )

    def __init__(self, *args: Any, givers: Choices, takers: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["from_organ"].choices = [("", _("请选择")), *givers]
        fields["to_organ"].choices = [("", _("请选择")), *takers]


class InstrumentForm(forms.Form):
    """The instrument itself. Each of `groups` (items by chapter, places, outlets) is offered as
    fieldsets: (heading, [(code, name)])."""

    number = _line(
        gettext_lazy("文号"), most=70, hint=gettext_lazy("起草后不能改，如“桓审批委〔2026〕1号”。")
    )
    items = forms.MultipleChoiceField(
        label=gettext_lazy("事项"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("请至少选一个事项。")},
    )
    places = forms.MultipleChoiceField(
        label=gettext_lazy("适用区划"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("请选适用区划。")},
    )
    outlets = forms.MultipleChoiceField(
        label=gettext_lazy("适用网点"),
        help_text=gettext_lazy("只选某个网点的，只有在那里收的件归受权机关决定。"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("请选适用网点。")},
    )
    valid_from = _day(gettext_lazy("起始日"), hint=gettext_lazy("公布时不能早于当天。"))
    valid_to = _day(
        gettext_lazy("终止日"), required=False, hint=gettext_lazy("含当天；长期有效的不填。")
    )
    max_amount = forms.DecimalField(
        label=gettext_lazy("金额上限"),
        required=False,
        min_value=Decimal("0.01"),
        max_digits=14,
        decimal_places=2,
        help_text=gettext_lazy("不限金额的不填。填了以后，没有登记金额的办件仍由原机关决定。"),
    )
    seal = forms.ChoiceField(
        label=gettext_lazy("所付印章"),
        help_text=gettext_lazy("委托机关带编号的行政审批业务专用章，决定上盖这一枚。"),
    )
    signatory_title = _line(
        gettext_lazy("签署职务"), most=80, hint=gettext_lazy("写职务，不写姓名。")
    )
    basis = _area(
        gettext_lazy("依据"),
        most=1000,
        hint=gettext_lazy("法律、法规、规章的条款，或决定的文号。"),
    )
    notice = _area(
        gettext_lazy("公告内容"),
        most=2000,
        required=False,
        hint=gettext_lazy("委托实施行政许可的必须公告受委托机关和委托内容（行政许可法第24条）。"),
    )
    notice_url = forms.URLField(
        label=gettext_lazy("公告网址"), max_length=300, required=False, assume_scheme="https"
    )
    noticed_on = _day(gettext_lazy("公告日期"), required=False)
    text = _area(
        gettext_lazy("文书正文"),
        most=LONGEST_TEXT,
        rows=8,
        required=False,
        hint=gettext_lazy("双方的责任、监督、收回的条件等；范围和期限以上面各栏为准。"),
    )
    draft = forms.BooleanField(label=gettext_lazy("示例，待县确认"), required=False)

    def __init__(
        self,
        *args: Any,
        groups: Mapping[str, Sequence[tuple[str, Choices]]],
        seals: Mapping[str, str],
        instrument: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        self.groups = groups
        for name, sets in groups.items():
            fields[name].choices = [choice for _heading, choices in sets for choice in choices]
        if instrument == ENTRUST:
            fields["seal"].choices = [("", _("请选择")), *seals.items()]
        else:
            del self.fields["seal"]

    def picks(self) -> list[dict[str, Any]]:
        """The fields that are ticked, each in its fieldsets."""
        found = []
        for name, sets in self.groups.items():
            boxes = iter(self[name].subwidgets)
            chosen = set(self[name].value() or ())
            found.append(
                {
                    "field": self[name],
                    "errors": self[name].errors,
                    "sets": [
                        {
                            "heading": heading,
                            "open": any(code in chosen for code, _name in choices),
                            "boxes": [next(boxes) for _choice in choices],
                        }
                        for heading, choices in sets
                    ],
                    "count": sum(len(choices) for _heading, choices in sets),
                }
            )
        return found

    def drafted(self, *, instrument: str, from_organ: str, to_organ: str) -> GrantDraft:
        """The draft that the domain checks."""
        said = self.cleaned_data
        limit = said["max_amount"]
        return GrantDraft(
            file="",
            row=0,
            number=said["number"],
            instrument=instrument,
            from_organ=from_organ,
            to_organ=to_organ,
            items=tuple(said["items"]),
            places=_scope(said["places"]),
            outlets=_scope(said["outlets"]),
            valid_from=said["valid_from"],
            valid_to=said["valid_to"],
            revoked_on=None,
            seal=said.get("seal", ""),
            signatory_title=said["signatory_title"],
            notice=said["notice"],
            basis=said["basis"],
            draft=said["draft"],
            max_amount=None if limit is None else int(limit * 100),
            text=said["text"],
            notice_url=said["notice_url"],
            noticed_on=said["noticed_on"],
        )

    def refuse(self, faults: Sequence[Fault | Mapping[str, str]]) -> None:
        """The domain's faults, each at its field."""
        for fault in faults:
            column, reason = (
                (fault.column, fault.reason)
                if isinstance(fault, Fault)
                else (fault["column"], fault["reason"])
            )
            name = {"seal_code": "seal"}.get(column, column)
            self.add_error(name if name in self.fields else None, f"{reason}。")


def _scope(chosen: Sequence[str]) -> tuple[str, ...]:
    """What was ticked; everywhere leaves nothing to name besides."""
    return (EVERYWHERE,) if EVERYWHERE in chosen else tuple(chosen)


class EndForm(forms.Form):
    """Revoking, suspending, lifting: from which day (to which), and why."""

    on = _day(gettext_lazy("自哪一天起"), hint=gettext_lazy("含当天，不能早于今天。"))
    ends_on = _day(
        gettext_lazy("到哪一天"), required=False, hint=gettext_lazy("含当天；不定期暂停的不填。")
    )
    reason = _area(
        gettext_lazy("依据和理由"),
        most=LONGEST_REASON,
        hint=gettext_lazy("写明依据的文件或决定；会记入日志，并对外公开。"),
    )

    def __init__(self, *args: Any, verb: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if verb != "suspend":
            del self.fields["ends_on"]


class ExplainForm(forms.Form):
    """A question to the ruling; texts or codes as the lists give them."""

    item = _line(gettext_lazy("事项"), most=200, hint=gettext_lazy("输入名称或代码，从列表里选。"))
    place = _line(
        gettext_lazy("事项所在地"),
        most=200,
        hint=gettext_lazy("村（社区）或镇（街道）的名称或代码。"),
    )
    outlet = _line(
        gettext_lazy("收件的服务点"),
        most=200,
        required=False,
        hint=gettext_lazy("不填，就按所在镇（街道）的便民服务中心。"),
    )
    on = _day(gettext_lazy("日期"))
    amount = forms.DecimalField(
        label=gettext_lazy("金额"), required=False, min_value=0, max_digits=14, decimal_places=2
    )

    def __init__(self, *args: Any, known: Mapping[str, Choices], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = known

    def clean_item(self) -> str:
        return self._code("item")

    def clean_place(self) -> str:
        return self._code("place")

    def clean_outlet(self) -> str:
        return self._code("outlet") if self.cleaned_data["outlet"] else ""

    def clean_amount(self) -> int | None:
        amount = self.cleaned_data["amount"]
        return None if amount is None else int(amount * 100)

    def _code(self, name: str) -> str:
        """The code of what was typed: a code, "code name" as the list writes it, or a whole name."""
        typed = " ".join(self.cleaned_data[name].split())
        rows = self.known[name]
        first = typed.split(" ")[0].casefold()
        found = [code for code, _label in rows if code.casefold() == first]
        found = found or [code for code, label in rows if label == typed]
        found = found or [code for code, label in rows if typed in label]
        if len(found) == 1:
            return found[0]
        if found:
            raise forms.ValidationError(
                _("有%(count)s个名称含“%(typed)s”，请从列表里选一个。")
                % {"count": len(found), "typed": typed}
            )
        raise forms.ValidationError(
            _("没有找到“%(typed)s”，请从列表里选，或输入代码。") % {"typed": typed}
        )


def initial(draft: GrantDraft) -> dict[str, Any]:
    """A draft as the instrument's form shows it."""
    said: dict[str, Any] = {
        name: getattr(draft, name)
        for name in InstrumentForm.base_fields
        if name not in ("max_amount",)
    }
    if draft.max_amount is not None:
        said["max_amount"] = Decimal(draft.max_amount) / 100
    return said


def proposed(today: date) -> dict[str, Any]:
    """What a new instrument's form begins with."""
    return {"valid_from": today, "outlets": [EVERYWHERE]}
