"""Hands for the journal's tests: an author, a moment, and a way to write."""

from datetime import UTC, datetime

import pytest
from django.db import transaction

from yichuang.journal import actions, rules

CLERK = rules.SystemAuthor("测试窗口")
AT = datetime(2026, 11, 22, 1, 2, 3, 456789, tzinfo=UTC)


@pytest.fixture
def at():
    return AT


@pytest.fixture
def clerk():
    return CLERK


@pytest.fixture
def write():
    """write(n): n entries, one transaction each, on streams that come round every third."""

    def some(number, *, kind="case.noted", tasks=()):
        entries = []
        for _turn in range(number):
            with transaction.atomic():
                entries.append(
                    actions.record(
                        kind=kind,
                        by=CLERK,
                        at=AT,
                        stream=f"case:{len(entries) % 3}",
                        payload={"说明": "收件", "number": len(entries), "parts": [True, None]},
                        tasks=tasks,
                    )
                )
        return entries

    return some
