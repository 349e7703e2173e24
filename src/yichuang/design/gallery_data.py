"""Sample data of real length for the gallery: what the components must survive."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from yichuang.design.fields import DateBoxesField

BEIJING = timezone(timedelta(hours=8))
PENSION = _("城乡居民基本养老保险注销登记（含丧葬补助金、个人账户余额支付）")
HOMESTEAD = _("农村村民住宅用地（宅基地）审批")
# A drawing in place of a QR code, so that the gallery needs no library.
SQUARE = (
    "data:image/svg+xml,%3Csvg xmlns='http:%2F%2Fwww.w3.org/2000/svg' viewBox='0 0 9 9'%3E"
    "%3Cpath d='M0 0h3v3H0zM6 0h3v3H6zM0 6h3v3H0zM4 1h1v3H4zM1 4h2v1H1zM5 5h2v2H5zM8 4h1v4H8zM4 7h1v2H4z'/%3E"
    "%3C/svg%3E"
)


class ApplicantForm(forms.Form):
    """One field of every kind."""

    name = forms.CharField(label=_("申请人姓名"), help_text=_("与身份证一致，不要写昵称。"))
    number = forms.CharField(
        label=_("公民身份号码"),
        error_messages={"required": _("请填写公民身份号码，共 18 位。")},
    )
    phone = forms.CharField(label=_("联系电话"), required=False, help_text=_("用于告知办理进度。"))
    birth = DateBoxesField(label=_("出生日期"), help_text=_("例如 1887 年 3 月 27 日"))
    who = forms.ChoiceField(
        label=_("为谁办理"),
        widget=forms.RadioSelect,
        choices=[
            ("self", _("本人办理")),
            ("parent", _("为父母或其他家人代办")),
            ("org", _("为单位办理")),
        ],
    )
    item = forms.ChoiceField(
        label=_("办理事项"),
        choices=[("", _("请选择")), ("a", HOMESTEAD), ("b", PENSION)],
    )
    materials = forms.MultipleChoiceField(
        label=_("已带来的材料"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        choices=[
            ("1", _("农村宅基地和建房（规划许可）申请表")),
            ("2", _("农村宅基地使用承诺书")),
            ("3", _("户口簿（户主页及全部家庭成员页）复印件")),
        ],
    )
    area = forms.DecimalField(label=_("申请面积"), required=False)
    reason = forms.CharField(label=_("申请理由"), widget=forms.Textarea(attrs={"rows": 4}))
    paper = forms.FileField(
        label=_("上传材料"),
        widget=forms.FileInput,
        required=False,
        help_text=_("可以拍照上传，PDF、JPG、PNG，不超过 20 MB。"),
    )
    agree = forms.BooleanField(label=_("我承诺以上内容真实，愿意承担不实承诺的责任。"))


class FilterForm(forms.Form):
    state = forms.ChoiceField(
        label=_("状态"),
        required=False,
        choices=[("", _("全部")), ("a", _("待受理")), ("b", _("审查中"))],
    )
    town = forms.ChoiceField(
        label=_("受理地点"),
        required=False,
        choices=[("", _("全部")), ("a", _("甲镇便民服务中心")), ("b", _("乙镇便民服务中心"))],
    )


class SampleRefusal:
    """Shaped as the domain's refusals are."""

    message = _("这个号码的校验位不对，第 18 位应为 X。")
    remedy = _("请对照身份证再核对一遍。")
    field = "number"


def sample() -> dict[str, Any]:
    """Everything gallery.html and gallery_workbench.html show."""
    bad = ApplicantForm(
        {"name": "演示申请人甲", "birth_year": "1887", "birth_month": "13", "birth_day": "27"}
    )
    cases = [
        (
            "990101110000-2026-000128",
            HOMESTEAD,
            "演示甲",
            "new",
            _("待受理"),
            5,
            date(2026, 11, 30),
        ),
        (
            "990101110000-2026-000127",
            PENSION,
            "演示乙",
            "progress",
            _("审查中"),
            1,
            date(2026, 11, 24),
        ),
        (
            "990101105201-2026-000031",
            HOMESTEAD,
            "演示丙丁",
            "attention",
            _("待补正"),
            0,
            date(2026, 11, 23),
        ),
        (
            "990101110000-2026-000119",
            PENSION,
            "演示戊",
            "overdue",
            _("已超期"),
            -2,
            date(2026, 11, 19),
        ),
    ]
    return {
        "form": ApplicantForm(),
        "bad": bad,
        "filters": FilterForm(),
        "refusal": SampleRefusal(),
        "long_item": PENSION,
        "item": HOMESTEAD,
        "choice_hints": {"parent": _("需要带上双方身份证和委托书，没有委托书可以在窗口现写。")},
        "purposes": [("contact", _("联系申请人")), ("check", _("核对材料"))],
        "qr": SQUARE,
        "trail": [
            {"text": _("首页"), "href": "#"},
            {"text": _("按部门找"), "href": "#"},
            {"text": HOMESTEAD},
        ],
        "tabs": [
            {"text": _("待我处理"), "href": "#", "count": 12, "current": True},
            {"text": _("等待他人"), "href": "#", "count": 3},
            {"text": _("即将到期"), "href": "#", "count": 128},
            {"text": _("已办结"), "href": "#"},
        ],
        "nav": [
            {"text": _("收件"), "href": "#", "current": True},
            {"text": _("我的办件"), "href": "#", "count": 12},
            {"text": _("办事指南"), "href": "#"},
            {"text": _("交接班"), "href": "#"},
        ],
        "facts": [
            {"key": _("事项"), "value": PENSION},
            {
                "key": _("申请人"),
                "value": "演示甲",
                "actions": [{"text": _("修改"), "hidden": _("申请人"), "href": "#"}],
            },
            {
                "key": _("联系电话"),
                "value": "",
                "actions": [{"text": _("修改"), "hidden": _("联系电话"), "href": "#"}],
            },
            {"key": _("审批机关"), "value": _("示例县乙镇人民政府（受县自然资源局委托）")},
        ],
        "head": [_("材料"), _("形式"), {"text": _("份数"), "numeric": True}, _("来源")],
        "rows": [
            [
                _("农村宅基地和建房（规划许可）申请表"),
                _("原件"),
                {"text": 1, "numeric": True},
                _("窗口提供"),
            ],
            [
                _("户口簿（户主页及全部家庭成员页）"),
                _("复印件"),
                {"text": 2, "numeric": True},
                _("申请人自备"),
            ],
            [
                _("村民代表会议或者村民小组会议意见"),
                _("原件"),
                {"text": 1, "numeric": True},
                _("村民委员会出具"),
            ],
        ],
        "cases": [
            {
                "number": number,
                "item": item,
                "who": who,
                "kind": kind,
                "state": state,
                "days": days,
                "due": due,
            }
            for number, item, who, kind, state, days, due in cases
        ],
        "statuses": [
            (_("待受理"), "new"),
            (_("审查中"), "progress"),
            (_("等待补正"), "waiting"),
            (_("请处理"), "attention"),
            (_("已办结"), "done"),
            (_("不予受理"), "refused"),
            (_("已超期"), "overdue"),
            (_("草案，待县确认"), "draft"),
            (_("已归档"), "neutral"),
        ],
        "timeline": [
            {
                "title": _("提交申请"),
                "when": datetime(2026, 11, 16, 9, 12, tzinfo=BEIJING),
                "by": _("甲镇便民服务中心 3 号窗口"),
            },
            {
                "title": _("受理"),
                "when": datetime(2026, 11, 16, 9, 20, tzinfo=BEIJING),
                "by": _("甲镇便民服务中心"),
                "text": _("材料齐全，当场受理，出具受理通知书。"),
            },
            {
                "title": _("乙镇人民政府审查"),
                "when": date(2026, 11, 17),
                "text": _("正在核对村民代表会议意见，轮到机关办理，您不用做什么。"),
                "state": "current",
            },
            {"title": _("作出决定"), "when": _("预计 2026-11-30 前"), "state": "next"},
        ],
        "tasks": [
            {"title": _("确认办理人"), "href": "#", "status": _("已完成"), "kind": "done"},
            {
                "title": _("上传户口簿（户主页及全部家庭成员页）"),
                "href": "#",
                "hint": _("公安机关已有电子户口簿，可以不传。"),
                "status": _("未开始"),
                "kind": "new",
            },
            {"title": _("核对并提交"), "status": _("还不能开始"), "kind": "neutral"},
        ],
        "steps": [_("选择事项"), _("填写申请"), _("上传材料"), _("核对提交")],
        "hints": [
            ("F2", _("叫号")),
            ("F4", _("读身份证")),
            ("F9", _("受理")),
            ("?", _("全部快捷键")),
        ],
        "reference": "7f3a-91c2-04de",
        "happened": _("这件办件刚刚由另一位审批人作出决定，您的决定没有保存。"),
        "remedy": _("请打开办件查看决定内容；如有不同意见，请联系作出决定的审批人。"),
    }
