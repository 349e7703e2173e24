"""The pages for 400, 403, 404 and 500, and for a form whose protection has run out."""

from __future__ import annotations

import sys

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from yichuang.faces.operations.answers import Answer, answer_to, respond


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if isinstance(exception, RequestDataTooBig):
        return respond(
            request,
            Answer(
                413,
                "request-too-large",
                _("提交的内容太大，没有收下。"),
                _("请减少一次提交的内容，或把文件压缩后再上传。"),
            ),
        )
    return respond(
        request,
        Answer(
            400,
            "bad-request",
            _("这个请求不完整或格式不对，没有处理。"),
            _("请返回上一页重新填写；如果是从别处点来的链接，请从首页进入。"),
        ),
    )


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    said = str(exception) if isinstance(exception, PermissionDenied) else ""
    return respond(
        request,
        Answer(
            403,
            "forbidden",
            said or _("您的岗位没有这项权限。"),
            _("请用有权限的账号登录；认为有误的，请联系本单位管理员。"),
        ),
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return respond(
        request,
        Answer(
            403,
            "form-expired",
            _("页面停留太久或登录已变化，这次提交没有保存。"),
            _("请刷新页面后重新提交；浏览器需要允许本站的 Cookie。"),
        ),
    )


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return respond(
        request,
        Answer(
            404,
            "not-found",
            _("没有找到这个页面。"),
            _("请核对网址，或从首页查找事项、查询进度。"),
        ),
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """Also reached from middleware (a session that cannot be stored): an outage is told as one."""
    error = sys.exc_info()[1]
    answer = answer_to(error) if error else None
    return respond(
        request,
        answer
        or Answer(
            500,
            "server-error",
            _("系统出了差错，这一步没有完成。"),
            _("请稍后重试；仍不行，请把查询编号告诉工作人员，凭它能找到原因。"),
        ),
    )
