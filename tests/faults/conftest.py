"""What every fault owes: a sentence, what to do next, a reference, and nothing lost."""

import re

import pytest
from django.apps import apps
from django.test import Client

from tests.factories import county as made
from yichuang.journal import verify

REFERENCE = re.compile(r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}")


@pytest.fixture
def api(shared_county, today):
    """api(actor, at) → a program acting in that post: .post(path, body, key), .send(file), .get."""

    class Program:
        def __init__(self, actor, at=made.AT):
            self.browser = Client(raise_request_exception=False)
            self.headers = {"Authorization": f"Bearer {made.posted(actor, at=at)[2]}"}

        def post(self, path, body, key="faults-0001"):
            return self.browser.post(
                f"/api/v1{path}",
                body,
                content_type="application/json",
                headers={**self.headers, "Idempotency-Key": key},
            )

        def send(self, file):
            return self.browser.post("/api/v1/files", {"file": file}, headers=self.headers)

        def get(self, path):
            return self.browser.get(f"/api/v1{path}", headers=self.headers)

    return Program


@pytest.fixture
def told():
    """told(answer, status, code): the answer is a problem a person can act on; its facts."""

    def check(answer, status, code):
        assert answer.status_code == status, answer.content.decode()
        assert answer["Content-Type"] == "application/problem+json"
        said = answer.json()
        assert said["code"] == code
        assert said["title"].endswith("。") and said["detail"].endswith("。")
        assert said["reference"] == answer["X-Reference"]
        assert REFERENCE.fullmatch(said["reference"])
        assert answer["Cache-Control"] == "no-store"
        return said

    return check


def counted():
    return {
        model._meta.db_table: model._base_manager.count()
        for model in apps.get_models(include_auto_created=True)
    }


@pytest.fixture
def nothing_lost():
    """`with nothing_lost():` leaves every table with as many rows as before and the journal true."""

    class Same:
        def __enter__(self):
            self.before = counted()

        def __exit__(self, kind, *_error):
            if kind is None:
                assert counted() == self.before
                assert verify.verify().ok

    return Same
