"""The small forms around an item and its draft: an example, a saying, a note, a publication."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy

from yichuang.catalogue.upkeep import LONGEST_ALIAS
from yichuang.faces.library.forms.item import area, line


class ExampleForm(forms.Form):
    """Keep the answers on the page as an example."""

    name = line(
        gettext_lazy("给这个样例起个名"),
        most=80,
        required=True,
        hint=gettext_lazy("一看就懂，如“替父母办、有残疾证”。不要写人名。"),
    )


class SayingForm(forms.Form):
    """What people call an item."""

    said = line(
        gettext_lazy("群众的说法"),
        most=LONGEST_ALIAS,
        required=True,
        hint=gettext_lazy("平常的叫法，如“准生证”；写几个字就够。"),
    )


class NoteForm(forms.Form):
    """Why the draft changes what it changes."""

    note = line(gettext_lazy("修改说明"), most=300, hint=gettext_lazy("写给核对和发布的人看。"))


class PublishForm(forms.Form):
    """From when the new version holds."""

    effective_on = forms.DateField(
        label=gettext_lazy("自哪一天起施行"),
        help_text=gettext_lazy("当天及以后收的件按新版办；此前收的件仍按原来的版本。"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


class PasteForm(forms.Form):
    """A whole part as the rows of a pack's table."""

    rows = area(
        gettext_lazy("表格的行"),
        rows=16,
        most=200_000,
        hint=gettext_lazy("第一行是表头。从电子表格另存为CSV后粘贴；会替换这一部分的全部内容。"),
    )
