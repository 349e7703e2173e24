"""The `yichuang` command: readies Django, then hands over to the operations face."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "yichuang.project.settings")
django.setup()

from yichuang.faces.operations.commands import cli  # noqa: E402  (models need Django ready)
from yichuang.project import serve  # noqa: E402  (same)

cli.add_command(serve.command)


def main() -> None:
    cli(prog_name="yichuang")


if __name__ == "__main__":
    main()
