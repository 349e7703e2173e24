"""The twelve roles an actor may have, their Chinese names, and in one line what each may reach."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

RESIDENT = "resident"
CLERK = "clerk"
EXAMINER = "examiner"
DECIDER = "decider"
VILLAGE = "village"
MANAGER = "manager"
BUREAU = "bureau"
CUSTODIAN = "custodian"
COUNTERPARTY = "counterparty"
AUDITOR = "auditor"
OPERATOR = "operator"
SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Role:
    """code: stored and journalled. name, reach: shown to people."""

    code: str
    name: Promise
    reach: Promise


_TABLE = (
    (RESIDENT, _("居民"), _("只看、只办自己的或受托的办件")),
    (CLERK, _("窗口人员"), _("在本网点收件、登记、打印、送达")),
    (EXAMINER, _("审核人员"), _("审查本单位承办的办件并提出意见")),
    (DECIDER, _("审批人员"), _("对本单位承办的办件作出决定")),
    (VILLAGE, _("村站人员"), _("在本村服务站收件和转报，不作决定")),
    (MANAGER, _("中心负责人"), _("管理本中心的人员、岗位和办件进度")),
    (BUREAU, _("县局"), _("管理全县的事项、授权、岗位和督办")),
    (CUSTODIAN, _("印章证照管理员"), _("保管本单位的印章和空白证照，登记使用，不办件")),
    (COUNTERPARTY, _("对接单位"), _("只看、只答转给本单位的水电气暖信等事")),
    (AUDITOR, _("审计"), _("只读全部记录和日志，不办件")),
    (OPERATOR, _("运维"), _("维护系统运行，不看个人信息，不办件")),
    (SYSTEM, _("系统"), _("到期提醒等自动任务")),
)
ROLES: dict[str, Role] = {code: Role(code, name, reach) for code, name, reach in _TABLE}
STAFF_ROLES: tuple[str, ...] = tuple(code for code in ROLES if code not in (RESIDENT, SYSTEM))
"""Roles a post may carry: residents need none, and the system is nobody's post."""


def name_of(code: str) -> str:
    """The role's name in the reader's language; the code itself where it is unknown."""
    return str(ROLES[code].name) if code in ROLES else code
