"""How much time is left, said in words: days in, a level, an icon and a sentence out."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext


def spoken(days: int, *, near: int, paused: bool, done: bool) -> tuple[str, str, str]:
    """(level, icon, words) for whole working days left; negative is overdue.

    level: fine, near (at most `near` days), late, paused or done.
    """
    if paused:
        return "paused", "pause", _("暂停计时")
    if done:
        return "done", "check", _("已办结")
    if days < 0:
        words = ngettext("超期 %(n)s 个工作日", "超期 %(n)s 个工作日", -days) % {"n": -days}
        return "late", "alert", words
    if days == 0:
        return "near", "clock", _("今天到期")
    words = ngettext("剩 %(n)s 个工作日", "剩 %(n)s 个工作日", days) % {"n": days}
    return ("near", "clock", words) if days <= near else ("fine", "dot", words)
