"""`flush`, Django's emptying of every table, made aware of the journal and the other append-only tables.

Test runs and demo resets empty the database between scenes; the append-only guard steps aside for
exactly that statement. Where real cases live the command refuses.
"""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands import flush
from django.db import connections, transaction

from yichuang.journal import guard


class Command(flush.Command):
    def handle(self, **options: Any) -> None:
        if settings.MODE == "production":
            raise CommandError("The journal of a production database is never emptied.")
        connection = connections[options["database"]]
        with transaction.atomic(using=connection.alias):
            for lower, _raise in ((guard.lower_guard, guard.raise_guard), *guard.OTHERS):
                lower(connection)
            super().handle(**options)
            for _lower, raise_ in ((guard.lower_guard, guard.raise_guard), *guard.OTHERS):
                raise_(connection)
