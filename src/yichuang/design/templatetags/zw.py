"""The components as template tags: {% load zw %}. Every one is fed plain data and escapes it.

Each tag is shown with an example in ../COMPONENTS.md and live in the gallery (/design). Tags that
wrap content are block tags: {% zw_inset %}…{% endzw_inset %}.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django import template
from django.forms import BaseForm, BoundField
from django.template.loader import render_to_string
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from yichuang.design import deadline, fields

register = template.Library()

# kind of a status → its icon; the colour follows the kind in parts.css. Red is for what is late.
STATUS_ICONS = {
    "new": "dot",
    "progress": "clock",
    "waiting": "pause",
    "attention": "alert",
    "done": "check",
    "refused": "cross",
    "overdue": "alert",
    "draft": "pencil",
    "neutral": "dot",
}


def _render(part: str, context: Mapping[str, Any]) -> str:
    return render_to_string(f"design/parts/{part}.html", dict(context))


# ---------------------------------------------------------------- forms


@register.simple_tag
def zw_button(
    text: str,
    *,
    href: str = "",
    kind: str = "primary",
    type: str = "submit",  # noqa: A002 - the HTML attribute's own name
    hotkey: str = "",
    busy: str = "",
    **more: Any,
) -> str:
    """A button, or a link that looks like one when `href` is given.

    kind: primary (one a page), secondary, warning (cannot be undone), plain (looks like a link).
    hotkey: "F9"; shown on the button and listed under "?". busy: text shown while the server works.
    more: further attributes (name, value, hx_post, disabled=True, data_print=True, …).
    """
    if busy:
        more["data_busy"] = busy
    if hotkey:
        more |= {"data_hotkey": hotkey, "aria_keyshortcuts": hotkey}
    return _render(
        "button",
        {
            "text": text,
            "href": href,
            "kind": kind,
            "type": type,
            "hotkey": hotkey,
            "more": fields.attributes(more),
        },
    )


@register.simple_tag
def zw_field(
    field: BoundField,
    *,
    label: str = "",
    hint: str = "",
    width: str = "",
    size: str = "",
    heading: bool = False,
    inline: bool = False,
    small: bool = False,
    suffix: str = "",
    choice_hints: Mapping[str, str] | None = None,
    hide_label: bool = False,
    **more: Any,
) -> str:
    """One form field: label, hint (also help_text), error, widget, tied by aria-describedby.

    width: 2, 3, 4, 5, 10, 20 or 30 characters, for answers of known length.
    size: "m" or "l" label; heading=True makes the label the page's h1 (one question a page).
    inline, small: radios and checkboxes. suffix: a unit after the input ("元", "平方米").
    choice_hints: {value: hint} for radios and checkboxes. hide_label: only for screen readers.
    more: further attributes of the input (inputmode="numeric", autocomplete="tel", …).
    """
    if field.is_hidden:
        return str(field)
    sheet = fields.sheet(
        field, hint=hint, width=width, small=small, choice_hints=choice_hints or {}, more=more
    )
    return _render(
        "field",
        {
            "field": sheet,
            "label": label or field.label,
            "size": size or ("l" if heading else ""),
            "heading": heading,
            "inline": inline,
            "suffix": suffix,
            "hide_label": hide_label,
        },
    )


@register.simple_tag
def zw_form(form: BaseForm) -> str:
    """Every field of a form, hidden ones included, in order. The error summary is its own tag."""
    return mark_safe("".join(zw_field(field) for field in form))  # noqa: S308 - rendered parts


@register.simple_tag
def zw_error_summary(
    form: BaseForm | None = None,
    *,
    errors: Iterable[Mapping[str, str]] = (),
    refusal: Any = None,
    title: str = "",
) -> str:
    """What has to be put right, at the top of the page; each line leads to its field.

    form: a bound Django form (or None). errors: further [{"text", "href"}].
    refusal: anything with .message, .remedy and .field, as the domain raises it.
    Empty when there is nothing wrong.
    """
    lines = fields.error_lines(form, refusal) + [dict(error) for error in errors]
    if not lines:
        return ""
    return _render("error_summary", {"title": title or _("请改正以下问题"), "lines": lines})


@register.simple_tag
def zw_search(
    action: str,
    *,
    name: str = "q",
    value: str = "",
    label: str = "",
    placeholder: str = "",
    hint: str = "",
    button: str = "",
    hotkey: str = "",
    large: bool = False,
) -> str:
    """A search box as a GET form. `label` is always there, for screen readers at least."""
    return _render(
        "search",
        {
            "action": action,
            "name": name,
            "value": value,
            "label": label or _("搜索"),
            "placeholder": placeholder,
            "hint": hint,
            "button": button or _("搜索"),
            "hotkey": hotkey,
            "large": large,
        },
    )


@register.simple_block_tag
def zw_filter_bar(content: str, action: str, *, label: str = "", autosubmit: bool = True) -> str:
    """A row of filters over a list, a GET form; with scripts it submits on change."""
    return _render(
        "filter_bar",
        {
            "content": content,
            "action": action,
            "label": label or _("筛选"),
            "autosubmit": autosubmit,
        },
    )


# ---------------------------------------------------------------- facts


@register.simple_tag
def zw_summary_list(rows: Iterable[Mapping[str, Any]], *, title: str = "", id: str = "") -> str:  # noqa: A002
    """Facts as key and value: [{"key", "value", "actions": [{"text", "href", "hidden"}]}].

    `hidden` completes an action's text for screen readers ("修改" + "姓名"). With `title` the
    list stands in a card. An empty value reads "未填写". A value may be a safe string.
    """
    return _render("summary_list", {"rows": list(rows), "title": title, "id": id})


@register.simple_tag
def zw_table(
    head: Iterable[Any],
    rows: Iterable[Iterable[Any]],
    *,
    caption: str,
    hide_caption: bool = False,
    dense: bool = False,
    sticky: bool = False,
) -> str:
    """A table from plain cells; a cell is a text or {"text", "href", "numeric", "hidden"}.

    head: texts or {"text", "numeric"}. The first cell of a row is its header. dense: staff
    lists. sticky: the head stays while the list scrolls inside its own region.
    For richer cells write the table by hand inside {% zw_table_region %}.
    """
    return _render(
        "table",
        {
            "head": [_cell(cell) for cell in head],
            "rows": [[_cell(cell) for cell in row] for row in rows],
            "caption": caption,
            "hide_caption": hide_caption,
            "dense": dense,
            "sticky": sticky,
        },
    )


def _cell(cell: Any) -> dict[str, Any]:
    return dict(cell) if isinstance(cell, Mapping) else {"text": cell}


@register.simple_block_tag
def zw_table_region(content: str, label: str, *, sticky: bool = False) -> str:
    """Around a hand-written <table>: scrolls sideways by itself, also by keyboard."""
    return format_html(
        '<div class="zw-table-region{}" role="region" aria-label="{}" tabindex="0">{}</div>',
        " zw-table-region--sticky" if sticky else "",
        label,
        content,
    )


@register.simple_tag
def zw_icon(name: str) -> str:
    """A small drawing that repeats what the words say; hidden from screen readers."""
    return _render("icon", {"name": name})


@register.simple_tag
def zw_status(text: str, kind: str = "neutral") -> str:
    """A state in words, with an icon and a colour.

    kind: new, progress, waiting (somebody else's turn), attention, done, refused, overdue, draft,
    neutral. Faces map their states to a kind; an unknown kind is an error.
    """
    return _render("status", {"text": text, "kind": kind, "icon": STATUS_ICONS[kind]})


@register.simple_tag
def zw_deadline(
    days: int | None,
    *,
    due: date | None = None,
    near: int = 2,
    paused: bool = False,
    done: bool = False,
) -> str:
    """How much time is left, in words and colour.

    days: whole working days left; 0 today, negative overdue, None when no clock runs (then "").
    due: the day itself, shown after the words. near: from how many days on it turns amber.
    paused: the clock stands still. done: no longer running, shown without colour.
    """
    if days is None:
        return ""
    level, icon, words = deadline.spoken(days, near=near, paused=paused, done=done)
    return _render("deadline", {"level": level, "words": words, "due": due, "icon": icon})


@register.simple_tag
def zw_timeline(entries: Iterable[Mapping[str, Any]], *, label: str = "") -> str:
    """What happened and what comes: [{"title", "when", "by", "text", "state"}].

    when: aware datetime, date or text. state: "done" (default), "current" or "next".
    """
    return _render("timeline", {"entries": list(entries), "label": label or _("办理进度")})


@register.simple_tag
def zw_task_list(items: Iterable[Mapping[str, Any]]) -> str:
    """Things to do: [{"title", "href", "hint", "status", "kind"}]; no href means not yet open."""
    tasks = [dict(item) | {"icon": STATUS_ICONS[item.get("kind") or "neutral"]} for item in items]
    return _render("task_list", {"tasks": tasks})


@register.simple_tag
def zw_steps(steps: Iterable[str], *, current: int, label: str = "") -> str:
    """Where in a short sequence the reader is. steps: names; current: 1 for the first."""
    numbered = [
        {
            "number": number,
            "name": name,
            "state": "done" if number < current else "current" if number == current else "next",
        }
        for number, name in enumerate(steps, 1)
    ]
    return _render(
        "steps",
        {
            "steps": numbered,
            "label": label or _("步骤"),
            "current": current,
            "count": len(numbered),
        },
    )


@register.simple_tag
def zw_qr(src: str, *, alt: str, caption: str = "") -> str:
    """A framed QR code. alt: what it leads to; caption: the same as text that can be typed."""
    return _render("qr", {"src": src, "alt": alt, "caption": caption})


@register.simple_tag
def zw_copy(value: str, *, label: str) -> str:
    """A number in figures that line up, with a copy button where scripts run."""
    return _render("copy", {"value": value, "label": label})


@register.simple_tag
def zw_draft_mark(text: str = "") -> str:
    """The mark beside a fact that the county has not confirmed."""
    return zw_status(text or _("草案，待县确认"), "draft")


@register.simple_tag(takes_context=True)
def zw_masked(
    context: template.Context,
    value: str,
    *,
    label: str,
    action: str = "",
    purposes: Iterable[tuple[str, str]] = (),
    name: str = "purpose",
    **hidden: Any,
) -> str:
    """A masked number; with `action` a form (POST) that asks for it in full, with its purpose.

    value: already masked. label: what it is ("身份号码"). purposes: [(code, text)] to choose from;
    the choice is sent as `name`. hidden: further hidden inputs.
    """
    return _render(
        "masked",
        {
            "value": value,
            "label": label,
            "action": action,
            "purposes": list(purposes),
            "name": name,
            "hidden": hidden,
            "csrf_token": context.get("csrf_token", ""),
        },
    )


# ---------------------------------------------------------------- messages


@register.simple_block_tag
def zw_banner(content: str, title: str = "", *, kind: str = "info", alert: bool = False) -> str:
    """A notice at the top of the page. kind: info, success, warning, error.

    alert=True reads it out at once (after an action that just failed or succeeded).
    """
    titles = {
        "info": _("请注意"),
        "success": _("操作成功"),
        "warning": _("请留意"),
        "error": _("没有办成"),
    }
    return _render(
        "banner",
        {"content": content, "title": title or titles[kind], "kind": kind, "alert": alert},
    )


@register.simple_block_tag
def zw_panel(content: str, title: str, *, level: int = 1) -> str:
    """The confirmation panel: done, and the number to keep. level: of its heading, 1 or 2."""
    return format_html(
        '<div class="zw-panel zw-panel--confirmation"><h{0} class="zw-panel__title">{1}</h{0}>'
        '<div class="zw-panel__body">{2}</div></div>',
        int(level),
        title,
        content,
    )


@register.simple_block_tag
def zw_inset(content: str) -> str:
    """A remark set off from the text."""
    return format_html('<div class="zw-inset-text">{}</div>', content)


@register.simple_block_tag
def zw_warning(content: str) -> str:
    """One sentence that must not be missed: what happens if this is not done."""
    return format_html(
        '<div class="zw-warning">{}<strong class="zw-warning__text">'
        '<span class="zw-visually-hidden">{}</span>{}</strong></div>',
        mark_safe(zw_icon("alert")),  # noqa: S308 - our own template
        _("警告："),
        content,
    )


@register.simple_block_tag
def zw_details(content: str, summary: str, *, open: bool = False) -> str:  # noqa: A002
    """Text that only some need, closed until asked for."""
    return format_html(
        '<details class="zw-details"{}><summary class="zw-details__summary">'
        '<span class="zw-details__summary-text">{}</span></summary>'
        '<div class="zw-details__text">{}</div></details>',
        mark_safe(" open") if open else "",
        summary,
        content,
    )


@register.simple_tag
def zw_empty(title: str, *, text: str, href: str = "", action: str = "") -> str:
    """An empty list: why it is empty (`text`), and what to do next (a link)."""
    return _render("empty", {"title": title, "text": text, "href": href, "action": action})


# ---------------------------------------------------------------- moving about


@register.simple_tag
def zw_tabs(items: Iterable[Mapping[str, Any]], *, label: str) -> str:
    """Views of one list, as links: [{"text", "href", "count", "current"}]; count may be None."""
    return _render("tabs", {"items": list(items), "label": label})


@register.simple_tag
def zw_nav(items: Iterable[Mapping[str, Any]], *, label: str = "") -> str:
    """Navigation of a face: [{"text", "href", "current", "count"}], for the nav slot."""
    return _render("nav", {"items": list(items), "label": label or _("主导航")})


@register.simple_tag
def zw_breadcrumbs(items: Iterable[Mapping[str, str]]) -> str:
    """The way here: [{"text", "href"}]; the last has no href and is this page."""
    return _render("breadcrumbs", {"items": list(items)})


@register.simple_tag
def zw_back(href: str, text: str = "") -> str:
    """One step back, for pages that are a step in something."""
    return format_html('<a class="zw-back-link" href="{}">{}</a>', href, text or _("返回"))


@register.simple_tag
def zw_pagination(*, previous: str = "", next: str = "", text: str = "") -> str:  # noqa: A002
    """Keyset pages: addresses of the previous and next page, "" where there is none.

    text: what is shown ("第 1–20 件，共约 3200 件"). Nothing to turn, nothing shown.
    """
    if not (previous or next):
        return ""
    return _render("pagination", {"previous": previous, "next": next, "text": text})


@register.simple_block_tag
def zw_toolbar(content: str, label: str) -> str:
    """Buttons that act on what is shown, in one row."""
    return format_html(
        '<div class="zw-toolbar" role="group" aria-label="{}">{}</div>', label, content
    )


@register.simple_tag
def zw_keys(hints: Iterable[tuple[str, str]], *, bar: bool = False) -> str:
    """Which keys do what on this screen: [("F9", "受理")]; bar=True for the workbench's foot."""
    return _render("keys", {"hints": list(hints), "bar": bar})


@register.filter
def zw_or_blank(value: Any) -> str:
    """The value, or "未填写" when there is none (0 is a value)."""
    if value is None or value == "":
        return format_html('<span class="zw-muted">{}</span>', _("未填写"))
    return conditional_escape(value)
