"""The worker process: every task registered, the timetable set, then django-q2's cluster."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yichuang.project.settings")
django.setup()

from django.core.management import call_command  # noqa: E402  (models need Django ready)
from django.utils import timezone  # noqa: E402  (same)

from yichuang.cases import tasks as cases  # noqa: E402  (same)
from yichuang.documents import tasks as documents  # noqa: E402  (same)
from yichuang.faces.operations import timetable  # noqa: E402  (same)
from yichuang.journal.schedules import ensure_schedules  # noqa: E402  (same)
from yichuang.messages import tasks as messages  # noqa: E402  (same)
from yichuang.oversight import tasks as oversight  # noqa: E402  (same)

PERIODIC = (
    *messages.PERIODIC,
    *documents.PERIODIC,
    *cases.PERIODIC,
    *oversight.PERIODIC,
    *timetable.PERIODIC,
)


def main() -> None:
    ensure_schedules(PERIODIC, at=timezone.now())
    call_command("qcluster")


if __name__ == "__main__":
    main()
