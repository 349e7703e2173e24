"""What only the database can tell before production starts (settings see to the rest)."""

from __future__ import annotations

import logging

from django.conf import settings
from django.core.checks import ERROR, run_checks
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError

logger = logging.getLogger(__name__)


def refuse_errors() -> None:
    """Raise ImproperlyConfigured naming every error of the system checks; production only.

    A database that does not answer yet is no reason to stay down: readiness says so meanwhile.
    """
    if not settings.PRODUCTION:
        return
    try:
        found = run_checks(databases=["default"])
    except DatabaseError:
        logger.exception("The database could not be checked before starting.")
        return
    errors = [f"{each.msg} {each.hint or ''}".strip() for each in found if each.level >= ERROR]
    if errors:
        raise ImproperlyConfigured("Not started, because:\n- " + "\n- ".join(errors))
