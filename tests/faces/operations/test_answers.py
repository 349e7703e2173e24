"""What goes wrong reaches people as a sentence with a reference, programs as problem details."""

import errno
import io
import json
import re

import psycopg
import pytest
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import DataError, IntegrityError, OperationalError
from django.http import HttpResponse
from django.test import Client
from django.urls import path

from yichuang.faces.operations import answers, middleware
from yichuang.faces.operations.limits import body_limit
from yichuang.verdict import Refusal

pytestmark = [pytest.mark.urls(__name__), pytest.mark.fault]

RAISED = {
    "refusal": Refusal(
        "material-missing",
        "缺少申请人身份证明。",
        remedy="请补充后再提交。",
        basis="行政许可法第三十二条",
        field="identity",
        status=422,
    ),
    "busy": Refusal("too-many", "人太多。", status=429),
    "gone": OperationalError("server closed the connection unexpectedly"),
    "locked": OperationalError("database is locked"),
    "mistake": OperationalError("no such table: nothing"),
    "full-sqlite": OperationalError("database or disk is full"),
    "full-file": OSError(errno.ENOSPC, "No space left on device"),
    "unique": IntegrityError("UNIQUE constraint failed"),
    "bug": ValueError("370303189001010011 在这里"),
    "nul": DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes"),
    "data": DataError("value too long for type character varying(40)"),
    "denied": PermissionDenied(),
    "large": RequestDataTooBig("Request body exceeded settings.DATA_UPLOAD_MAX_MEMORY_SIZE."),
}


def fail(request, what):
    raise RAISED[what]


def session_lost(request):
    # stands in for a session that cannot be stored: raised outside the view, in middleware
    response = HttpResponse("ok")
    request.session.save = request.session.create = lost
    request.session["touched"] = "1"
    return response


def lost(*_args, **_kwargs):
    raise OperationalError("connection refused")


urlpatterns = [
    path("fine", lambda request: HttpResponse("ok")),
    path("session", session_lost),
    path("page/<what>", fail),
    path("api/v1/<what>", fail),
]
handler400 = "yichuang.faces.operations.errors.bad_request"
handler403 = "yichuang.faces.operations.errors.forbidden"
handler404 = "yichuang.faces.operations.errors.not_found"
handler500 = "yichuang.faces.operations.errors.server_error"


@pytest.fixture
def visitor():
    return Client(raise_request_exception=False, headers={"Accept": "text/html"})


STATUS = {
    "refusal": 422,
    "busy": 429,
    "gone": 503,
    "locked": 503,
    "mistake": 500,
    "full-sqlite": 507,
    "full-file": 507,
    "unique": 500,
    "bug": 500,
    "nul": 400,
    "data": 500,
    "denied": 403,
    "large": 413,
}


@pytest.mark.parametrize("what", STATUS)
def test_page_has_sentence_next_step_and_reference(visitor, what):
    response = visitor.get(f"/page/{what}")
    text = response.content.decode()
    assert response.status_code == STATUS[what]
    assert response["X-Reference"] in text
    assert "370303189001010011" not in text
    assert response["Cache-Control"] == "no-store"
    assert ("Retry-After" in response) == (STATUS[what] in (429, 503, 507))


@pytest.mark.parametrize("what", STATUS)
def test_program_gets_problem_details(visitor, what):
    response = visitor.get(f"/api/v1/{what}")
    assert response.status_code == STATUS[what]
    assert response["Content-Type"] == "application/problem+json"
    told = json.loads(response.content)
    assert told["status"] == STATUS[what]
    assert told["reference"] == response["X-Reference"]
    assert told["title"] and told["code"]


def test_refusal_keeps_every_part(visitor):
    told = visitor.get("/api/v1/refusal").json()
    assert told["code"] == "material-missing"
    assert told["title"] == "缺少申请人身份证明。"
    assert told["detail"] == "请补充后再提交。"
    assert told["basis"] == "行政许可法第三十二条"
    assert told["field"] == "identity"
    page = visitor.get("/page/refusal").content.decode()
    assert all(part in page for part in ("缺少申请人身份证明。", "请补充后再提交。", "第三十二条"))


@pytest.mark.django_db
def test_outage_outside_the_view_is_told_as_one(visitor):
    response = visitor.get("/session")
    assert response.status_code == 503
    assert "Retry-After" in response


def test_unknown_address(visitor):
    response = visitor.get("/nowhere")
    assert response.status_code == 404
    assert response["X-Reference"] in response.content.decode()


def test_form_without_protection_is_refused_in_words():
    visitor = Client(enforce_csrf_checks=True)
    response = visitor.post("/fine", {"a": "1"})
    assert response.status_code == 403
    assert "刷新页面" in response.content.decode()


def test_english_reader_gets_english(visitor):
    response = visitor.get("/page/gone", headers={"Accept-Language": "en"})
    assert "could not read or write" in response.content.decode()


def test_bare_page_when_the_dress_fails(visitor, monkeypatch):
    drawn = answers.render_to_string

    def torn(name, context):
        if name == "operations/error.html":
            raise RuntimeError("torn")
        return drawn(name, context)

    monkeypatch.setattr(answers, "render_to_string", torn)
    response = visitor.get("/page/gone")
    assert response.status_code == 503
    assert response["X-Reference"] in response.content.decode()


def test_pages_ask_nothing_of_the_database(visitor, django_assert_num_queries, db):
    with django_assert_num_queries(0):
        visitor.get("/page/gone")
        visitor.get("/nowhere")


def test_reference_is_short_readable_and_new_each_time(visitor):
    seen = {visitor.get("/fine")["X-Reference"] for _time in range(50)}
    assert len(seen) == 50
    assert all(re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}", one) for one in seen)
    assert len(middleware.SIGNS) == len(set(middleware.SIGNS)) == 32


def test_disk_full_of_postgresql_is_recognised():
    try:
        try:
            raise psycopg.errors.DiskFull("could not extend file")
        except psycopg.errors.DiskFull as cause:
            raise OperationalError("could not extend file") from cause
    except OperationalError as error:
        assert answers.answer_to(error).status == 507


class Unread(io.BytesIO):
    """A body that nobody may touch: refused by its length alone."""

    def read(self, *_args):
        raise AssertionError("the body was read")


@pytest.mark.parametrize("path", ["/page/refusal", "/api/v1/refusal"])
def test_too_large_a_body_is_refused_unread(visitor, settings, path):
    """Seen to fail with the form protection first: it parses the body to look for its token."""
    response = visitor.generic("POST", path, content_type="multipart/form-data; boundary=x")
    assert response.status_code == 422
    length = {"CONTENT_LENGTH": str(settings.MAX_BODY_BYTES + 1), "wsgi.input": Unread()}
    response = Client(enforce_csrf_checks=True).post(path, **length)
    assert response.status_code == 413
    assert response["X-Reference"] in response.content.decode()


def test_the_window_takes_several_files_at_once(settings):
    assert body_limit("/window/intake") > body_limit("/verify/file") > settings.MAX_UPLOAD_BYTES


@pytest.mark.parametrize("address", ["/page/a%00b", "/page/refusal?q=a%00b", "/nowhere/%00"])
def test_an_address_with_u0000_is_told_so(visitor, address):
    response = visitor.get(address)
    assert response.status_code == 400
    assert response["X-Reference"] in response.content.decode()
