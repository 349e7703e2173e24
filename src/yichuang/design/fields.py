"""A bound form field as plain facts for its template, and the date field of three boxes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BaseForm, BoundField
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


@dataclass(frozen=True, slots=True)
class Choice:
    """One radio button or checkbox."""

    id: str
    value: str
    label: str
    checked: bool
    disabled: bool
    hint: str


@dataclass(frozen=True, slots=True)
class FieldSheet:
    """What parts/field.html needs. kind: input, choices, tick or date."""

    kind: str
    id: str
    name: str
    type: str
    required: bool
    hint: str
    hint_id: str
    errors: tuple[str, ...]
    error_id: str
    describedby: str
    control: str
    choices: tuple[Choice, ...]
    small: bool


class DateBoxes(forms.MultiWidget):
    """Year, month and day as three number boxes: quicker and surer than a calendar for a birth
    date, and usable without scripts."""

    parts = ("year", "month", "day")

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({part: forms.TextInput() for part in self.parts}, attrs)

    def decompress(self, value: Any) -> list[str]:
        if isinstance(value, date):
            return [str(value.year), str(value.month), str(value.day)]
        return ["", "", ""]

    def id_for_label(self, id_: str) -> str:
        return f"{id_}_0" if id_ else id_


class DateBoxesField(forms.MultiValueField):
    """A date typed as 年, 月, 日; cleans to a `date`."""

    widget = DateBoxes
    default_error_messages = {
        "required": gettext_lazy("请填写完整的年、月、日。"),
        "incomplete": gettext_lazy("请填写完整的年、月、日。"),
        "impossible": gettext_lazy("没有这一天，请核对年、月、日。"),
    }

    def __init__(self, **kwargs: Any) -> None:
        year = forms.IntegerField(min_value=1, max_value=9999)
        month = forms.IntegerField(min_value=1, max_value=12)
        day = forms.IntegerField(min_value=1, max_value=31)
        for part in (year, month, day):  # one sentence for all three boxes
            part.error_messages["invalid"] = self.default_error_messages["impossible"]
            for validator in part.validators:
                validator.message = self.default_error_messages["impossible"]
        super().__init__((year, month, day), require_all_fields=True, **kwargs)

    def compress(self, data_list: list[int]) -> date | None:
        if not data_list:
            return None
        try:
            return date(*data_list)
        except ValueError:
            raise ValidationError(self.error_messages["impossible"], "impossible") from None


def attributes(given: Mapping[str, Any]) -> SafeString:
    """HTML attributes from keyword arguments: `hx_get="/x"` → ` hx-get="/x"`, True → bare."""
    parts = []
    for name, value in given.items():
        if value is None or value is False:
            continue
        plain = name.rstrip("_").replace("_", "-")
        parts.append(
            format_html(" {}", plain) if value is True else format_html(' {}="{}"', plain, value)
        )
    return mark_safe("".join(parts))  # noqa: S308 - every part went through format_html


CLASSES = {"select": "zw-select", "textarea": "zw-textarea", "file": "zw-file"}


def target(field: BoundField) -> str:
    """The id of the element that an error of this field leads to."""
    widget = field.field.widget
    if isinstance(widget, (forms.RadioSelect, forms.CheckboxSelectMultiple)):
        first = next(iter(field.subwidgets), None)
        return first.id_for_label if first else field.auto_id
    return field.id_for_label or field.auto_id


def sheet(
    field: BoundField,
    *,
    hint: str,
    width: str,
    small: bool,
    choice_hints: Mapping[str, str],
    more: Mapping[str, Any],
) -> FieldSheet:
    """The facts of one field. `more`: attributes of the control, underscores for hyphens."""
    widget = field.field.widget
    words = hint or str(field.help_text)
    hint_id = f"{field.auto_id}-hint" if words else ""
    errors = error_texts(field)
    error_id = f"{field.auto_id}-error" if errors else ""
    describedby = " ".join(part for part in (hint_id, error_id) if part)
    kind = _kind(widget)
    control = ""
    choices: tuple[Choice, ...] = ()
    if kind in ("choices", "tick"):
        choices = _choices(field, choice_hints)
    elif kind == "date":
        choices = _boxes(field)
    else:
        control = _control(field, width=width, describedby=describedby, more=more)
    return FieldSheet(
        kind=kind,
        id=target(field),
        name=field.html_name,
        # Django's CheckboxSelectMultiple is a RadioSelect by inheritance
        type=getattr(widget, "input_type", "checkbox"),
        required=field.field.required,
        hint=words,
        hint_id=hint_id,
        errors=errors,
        error_id=error_id,
        describedby=describedby,
        control=control,
        choices=choices,
        small=small,
    )


def _kind(widget: forms.Widget) -> str:
    if isinstance(widget, (forms.RadioSelect, forms.CheckboxSelectMultiple)):
        return "choices"
    if isinstance(widget, forms.CheckboxInput):
        return "tick"
    if isinstance(widget, DateBoxes):
        return "date"
    return "input"


def _choices(field: BoundField, hints: Mapping[str, str]) -> tuple[Choice, ...]:
    if isinstance(field.field.widget, forms.CheckboxInput):
        return (
            Choice(
                id=field.id_for_label,
                value="on",
                label=str(field.label),
                checked=bool(field.value()),
                disabled=field.field.disabled,
                hint="",
            ),
        )
    return tuple(
        Choice(
            id=option.id_for_label,
            value=str(option.data["value"]),
            label=str(option.choice_label),
            checked=bool(option.data["selected"]),
            disabled=field.field.disabled,
            hint=hints.get(str(option.data["value"]), ""),
        )
        for option in field.subwidgets
    )


def _boxes(field: BoundField) -> tuple[Choice, ...]:
    value = field.value()
    if not isinstance(value, (list, tuple)):
        value = field.field.widget.decompress(value)
    names = (_("年"), _("月"), _("日"))
    return tuple(
        Choice(
            id=f"{field.auto_id}_{index}",
            value=str(value[index] or "") if index < len(value) else "",
            label=names[index],
            checked=False,
            disabled=field.field.disabled,
            hint=part,
        )
        for index, part in enumerate(DateBoxes.parts)
    )


def _control(field: BoundField, *, width: str, describedby: str, more: Mapping[str, Any]) -> str:
    widget = field.field.widget
    input_type = getattr(widget, "input_type", None)
    if isinstance(widget, forms.Textarea):
        base = "textarea"
    elif isinstance(widget, forms.Select):
        base = "select"
    else:
        base = "file" if input_type == "file" else "input"
    classes = [CLASSES.get(base, "zw-input")]
    if width:
        classes.append(f"zw-input--width-{width}")
    if field.errors:
        classes.append(f"{classes[0]}--error")
    classes.append(widget.attrs.get("class", ""))
    attrs = {name.rstrip("_").replace("_", "-"): value for name, value in more.items()}
    attrs["class"] = " ".join(part for part in (*classes, attrs.get("class", "")) if part)
    if describedby:
        attrs["aria-describedby"] = describedby
    return str(field.as_widget(attrs=attrs))


def error_texts(field: BoundField) -> tuple[str, ...]:
    """The field's errors; Django's bare "required" becomes a sentence that names the field."""
    texts: list[str] = []
    for error in field.errors.as_data():
        bare = str(forms.Field.default_error_messages["required"])
        if error.code == "required" and error.messages == [bare]:
            texts.append(_required(field))
        else:
            texts += [str(message) for message in error.messages]
    return tuple(texts)


def _required(field: BoundField) -> str:
    kind, label = _kind(field.field.widget), {"label": field.label}
    if kind == "tick":
        return _("请勾选：%(label)s") % label
    if kind == "choices" or isinstance(field.field.widget, forms.Select):
        return _("请选择%(label)s。") % label
    if isinstance(field.field.widget, forms.FileInput):
        return _("请上传%(label)s。") % label
    return _("请填写%(label)s。") % label


def _named(field: BoundField, text: str) -> str:
    """In the summary a line stands far from its field: name it, unless the text does."""
    label = str(field.label)
    return text if label in text else _("%(label)s：%(text)s") % {"label": label, "text": text}


def error_lines(form: BaseForm | None, refusal: Any) -> list[dict[str, str]]:
    """[{"text", "href"}] of a form's errors in the order of its fields, then the refusal's."""
    lines: list[dict[str, str]] = []
    if form is not None and form.is_bound:
        lines += [{"text": str(error), "href": ""} for error in form.non_field_errors()]
        for field in form:
            href = "" if field.is_hidden else f"#{target(field)}"
            lines += [{"text": _named(field, text), "href": href} for text in error_texts(field)]
    if refusal is not None:
        text = " ".join(str(part) for part in (refusal.message, refusal.remedy) if part)
        at_fault = getattr(refusal, "field", "")
        href = f"#{target(form[at_fault])}" if form is not None and at_fault in form.fields else ""
        lines.append({"text": text, "href": href})
    return lines
