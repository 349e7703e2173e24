"""Logs as JSON lines: only fields on a list, and no number of a person in any of them."""

from __future__ import annotations

import json
import logging
import re
from contextvars import ContextVar
from datetime import UTC, datetime

# The reference number of the request being answered; empty in the worker and in commands.
current_reference: ContextVar[str] = ContextVar("current_reference", default="")

# What a caller may add by `extra=`; anything else is dropped, so nothing slips in by accident.
FIELDS = ("case", "stream", "task", "code", "kind", "status", "status_code", "method", "seconds")

# \d also matches full-width digits. Resident numbers of 18 and 15 places, mobile phones.
NUMBERS = re.compile(r"(?<!\d)(?:\d{17}[\dXxＸｘ]|\d{15}|1[3-9]\d{9})(?!\d)")
FULL_WIDTH_PHONE = re.compile(r"(?<!\d)１[３-９]\d{9}(?!\d)")
MASK = "[masked]"


def mask(text: str) -> str:
    """The text without what looks like a resident number or a mobile phone."""
    return FULL_WIDTH_PHONE.sub(MASK, NUMBERS.sub(MASK, text))


class Requests(logging.Filter):
    """For Django's request log: only our own failures, named by route and not by path.

    A path may hold a tracking code; refusals and missing pages are counted in the metrics; a probe
    that is told "not yet" has its answer.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        status = getattr(record, "status_code", 500)
        match = getattr(getattr(record, "request", None), "resolver_match", None)
        if status < 500 or (match and match.route.startswith("healthz/")):
            return False
        if match and isinstance(record.args, tuple) and len(record.args) == 2:
            record.args = (record.args[0], match.route)
        return True


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, reference, listed fields, traceback."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": mask(record.getMessage()),
        }
        reference = current_reference.get()
        if reference:
            line["reference"] = reference
        for name in FIELDS:
            value = getattr(record, name, None)
            if value is not None:
                line[name] = mask(str(value))
        if record.exc_info:
            line["traceback"] = mask(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)
