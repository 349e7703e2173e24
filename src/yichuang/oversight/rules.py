"""好差评: what a rating may be, and when one may be given. Pure.

国办发〔2019〕51号; GB/T 39734-2020 (一事一评, five grades, the last two bad); options as in the
national 好差评 system. Rating is voluntary: no rating is never counted as a good one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yichuang.clock.rules import Calendar, due
from yichuang.verdict import YES, Refusal, Verdict, no

# The word is stored, not a digit: GB/T 39046 counts 1 as best, the 好差评 system 5. Best first.
GRADES: Mapping[str, str] = {
    "very_satisfied": gettext_lazy("非常满意"),
    "satisfied": gettext_lazy("满意"),
    "fair": gettext_lazy("基本满意"),
    "dissatisfied": gettext_lazy("不满意"),
    "very_dissatisfied": gettext_lazy("非常不满意"),
}
BAD = frozenset({"dissatisfied", "very_dissatisfied"})
GBT_39046 = {grade: position for position, grade in enumerate(GRADES, start=1)}
NATIONAL = {grade: 6 - position for position, grade in enumerate(GRADES, start=1)}

# Shandong: a rating may still be given 5 days after the matter (鲁政办发〔2020〕10号); that these
# are working days is our reading.
LATE_DAYS = 5
TEXT_LIMIT = 500

OPTIONS: Mapping[str, Mapping[int, str]] = {
    "very_satisfied": {
        510: gettext_lazy("一窗受理一次办结"),
        511: gettext_lazy("可以先受理后补材料"),
        512: gettext_lazy("不用提交证明"),
        513: gettext_lazy("可以全程网上办理"),
        514: gettext_lazy("可以使用手机办理"),
        515: gettext_lazy("可以就近办理"),
        516: gettext_lazy("无需材料直接办理"),
        517: gettext_lazy("服务热情效率高"),
    },
    "satisfied": {
        406: gettext_lazy("填写一张表单就可完成申报"),
        407: gettext_lazy("在线提交材料窗口核验"),
        408: gettext_lazy("一张清单告知全部申报材料"),
        409: gettext_lazy("用告知承诺减免申报材料"),
        410: gettext_lazy("可以在线预约办理"),
        411: gettext_lazy("跑大厅一次办完"),
        412: gettext_lazy("可以使用自助机办理"),
        413: gettext_lazy("服务态度较好"),
    },
    "fair": {
        307: gettext_lazy("一次性告知需要补正的材料"),
        308: gettext_lazy("提供申报材料样本"),
        309: gettext_lazy("在承诺的时间内办结"),
        310: gettext_lazy("办事指南指引准确"),
        311: gettext_lazy("按办事指南要求的材料即可办理"),
        312: gettext_lazy("可以快递送达"),
        313: gettext_lazy("跑动次数与承诺的一致"),
        314: gettext_lazy("服务态度一般"),
    },
    "dissatisfied": {
        207: gettext_lazy("没有提供材料样本"),
        208: gettext_lazy("没有提供材料清单"),
        209: gettext_lazy("未在承诺时间内办结"),
        210: gettext_lazy("同样内容的证明材料被要求多次提交"),
        211: gettext_lazy("承诺网办但无法在线办理"),
        212: gettext_lazy("在线预约办理后到实体大厅重复取号排队"),
        213: gettext_lazy("窗口人员业务不熟练"),
        214: gettext_lazy("服务态度生硬"),
    },
    "very_dissatisfied": {
        108: gettext_lazy("在办事指南之外增加新的审批条件"),
        109: gettext_lazy("需提供办事指南之外的申报材料"),
        110: gettext_lazy("无理由超过法定办理时间"),
        111: gettext_lazy("办事指南提供样本有错"),
        112: gettext_lazy("承诺在线收取申报材料实际无法收取"),
        113: gettext_lazy("多头跑窗口和部门"),
        114: gettext_lazy("跑动次数与承诺的不一致"),
        115: gettext_lazy("服务态度差效率低"),
    },
}


@dataclass(frozen=True, slots=True)
class RatingDraft:
    """A rating as given. options: codes of the chosen grade."""

    grade: str
    options: tuple[int, ...] = ()
    text: str = ""


def check(draft: RatingDraft) -> Verdict:
    """Whether the rating is one that can be given at all."""
    if draft.grade not in GRADES:
        return no("grade-missing", _("还没有选择满意程度。"), remedy=_("请从五个等级里选一个。"))
    if any(code not in OPTIONS[draft.grade] for code in draft.options):
        return no(
            "option-of-other-grade",
            _("选项和满意程度对不上。"),
            remedy=_("请按所选等级重新勾选。"),
        )
    if len(draft.text) > TEXT_LIMIT:
        return no(
            "text-too-long",
            _("文字超过%(limit)s个字。") % {"limit": TEXT_LIMIT},
            remedy=_("请缩短。"),
        )
    return YES


def may_rate(
    *,
    state: str,
    ended: Collection[str],
    delivered_on: date | None,
    today: date,
    calendar: Calendar,
) -> Verdict:
    """When: once there is an outcome, and until five days after it was handed over."""
    if state not in ended:
        return no(
            "rate-too-early",
            _("事情还没有办完，暂时不能评价。"),
            remedy=_("办完后我们会请您评价；有问题可以先联系窗口。"),
        )
    if delivered_on is None:
        return YES
    try:
        last = due(delivered_on, LATE_DAYS, calendar).due
    except Refusal:
        return YES  # the calendar does not reach that far: never at the rater's cost
    if today > last:
        return no(
            "rate-too-late",
            _("评价期到%(day)s为止，已经过了。") % {"day": last},
            remedy=_("如有意见，可以直接向便民服务中心或12345反映。"),
            basis="鲁政办发〔2020〕10号",
        )
    return YES
