"""Puts a SQLite library without the WAL-reset fault in Python's place before Django loads one.

Releases 3.7.0 to 3.51.2 can corrupt a WAL database when two connections write and checkpoint at
once (fixed in 3.51.3, and in the backports 3.50.7 and 3.44.6). Distributions still link old ones,
so the swap stands in the settings module, which every entry point loads before any database
backend; `refuse_faulty` is what keeps a forgotten swap from going unnoticed.
"""

import sys

import pysqlite3
import pysqlite3.dbapi2
from django.core.exceptions import ImproperlyConfigured

FIRST_SOUND = (3, 51, 3)
SOUND_BACKPORTS = ((3, 50, 7), (3, 44, 6))


def swap() -> None:
    sys.modules["sqlite3"] = pysqlite3
    sys.modules["sqlite3.dbapi2"] = pysqlite3.dbapi2


def is_sound(version: tuple[int, ...]) -> bool:
    """Whether a SQLite release is free of the WAL-reset fault."""
    if version >= FIRST_SOUND:
        return True
    return any(version[:2] == good[:2] and version >= good for good in SOUND_BACKPORTS)


def refuse_faulty(version: tuple[int, ...]) -> None:
    """Raise ImproperlyConfigured unless `version` may be trusted with WAL."""
    if not is_sound(version):
        found = ".".join(map(str, version))
        raise ImproperlyConfigured(
            f"SQLite {found} has the WAL-reset fault and could corrupt the database. "
            "Install the locked dependencies (make install), which bring 3.51.3 or newer."
        )
