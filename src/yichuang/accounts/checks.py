"""What must hold before the platform starts in production."""

from __future__ import annotations

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.db import connection


def demo_people_in_production(
    app_configs: object, databases: object = None, **options: object
) -> list[CheckMessage]:
    """accounts.E001 when a production database holds active demo accounts.

    A database check: it runs with `check --database default` and with `migrate`.
    """
    if settings.MODE != "production" or not databases:
        return []
    user = apps.get_model("accounts", "User")
    if user._meta.db_table not in connection.introspection.table_names():
        return []  # nothing migrated yet
    if not user.objects.filter(demo=True, is_active=True).exists():
        return []
    return [
        Error(
            "This database holds demo accounts, whose password everybody knows.",
            hint="Use a database of its own for production, or disable them first.",
            id="accounts.E001",
        )
    ]
