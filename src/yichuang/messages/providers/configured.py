"""Which provider a channel uses here."""

from __future__ import annotations

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from yichuang.messages import rules
from yichuang.messages.providers import Provider
from yichuang.messages.providers.development import Development
from yichuang.messages.providers.gateway import Gateway
from yichuang.messages.providers.smtp import Smtp
from yichuang.verdict import Refusal


def provider(channel: str) -> Provider:
    """The way out of `channel`: what the deployment names, the development one in demo and test.

    Production without one refuses ("sms-not-configured", "email-not-configured", 503): messages
    wait, and a code nobody receives helps nobody.
    """
    if channel == rules.SMS:
        if settings.SMS_PROVIDER:
            named: Provider = import_string(settings.SMS_PROVIDER)()
            return named
        if settings.SMS_GATEWAY:
            return Gateway(settings.SMS_GATEWAY, settings.SMS_TOKEN)
    elif settings.EMAIL_HOST:
        return Smtp()
    if settings.MODE in ("demo", "test"):
        return Development(channel)
    if channel == rules.SMS:
        raise Refusal(
            "sms-not-configured",
            _("短信服务还没有开通，暂时不能用手机验证码登录。"),
            remedy=_("请到便民服务中心窗口办理，或稍后再试。"),
            status=503,
        )
    raise Refusal(
        "email-not-configured",
        _("电子邮件服务还没有开通，邮件先留着。"),
        remedy=_("请运维人员设置 YICHUANG_EMAIL_HOST。"),
        status=503,
    )
