"""Why a signature cannot be made now. Sealing stops closed: the paper keeps its number and waits."""

from __future__ import annotations

from django.utils.translation import gettext as _

from yichuang.verdict import Refusal


class Unavailable(Refusal):
    """No signature at present (503); the same call succeeds once the cause is gone."""

    def __init__(self, code: str, message: str, remedy: str) -> None:
        super().__init__(code, message, remedy=remedy, status=503)


def no_key(seal_code: str) -> Unavailable:
    problem = Unavailable(
        "seal-key-missing",
        _("本系统还没有装入这枚印章的电子签章密钥和证书，不能签发文书。"),
        _("请联系运维人员装入签章密钥和证书；文书编号已保留，装好后自动补签。"),
    )
    problem.detail = {"seal": seal_code}
    return problem


def no_device() -> Unavailable:
    return Unavailable(
        "hsm-unavailable",
        _("签章密码设备或者签章服务暂时连不上，文书还没有签章。"),
        _("文书编号已保留，设备恢复后自动补签；长时间不恢复的，请联系运维人员。"),
    )


def no_timestamp() -> Unavailable:
    return Unavailable(
        "timestamp-unavailable",
        _("时间戳服务暂时不可用，文书还没有签章。"),
        _("文书编号已保留，时间戳服务恢复后自动补签；长时间不恢复的，请联系运维人员。"),
    )


def clock_skewed() -> Unavailable:
    return Unavailable(
        "clock-skewed",
        _("本系统的时钟与时间戳服务的时间相差太多，文书还没有签章。"),
        _("请运维人员校准服务器时钟；校准后自动补签。"),
    )
