"""The `yichuang` command: readies Django, then hands over to the operations face."""

import os
import sys

import django
from django.core.exceptions import ImproperlyConfigured

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yichuang.project.settings")
CANNOT_START = 3
try:
    django.setup()
except ImproperlyConfigured as fault:
    sys.stderr.write(f"yichuang: {fault}\n")
    sys.exit(CANNOT_START)
except OSError as fault:  # the settings make the data folder and its secrets
    sys.stderr.write(f"yichuang: {fault}\nSet YICHUANG_HOME to a folder you may write to.\n")
    sys.exit(CANNOT_START)

from yichuang.faces.operations.commands import cli  # noqa: E402  (models need Django ready)
from yichuang.project import serve  # noqa: E402  (same)

cli.add_command(serve.command)


def main() -> None:
    cli(prog_name="yichuang")


if __name__ == "__main__":
    main()
