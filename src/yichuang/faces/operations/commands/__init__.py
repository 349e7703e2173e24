"""The group behind `yichuang`; each module beside this one adds its commands."""

from yichuang.faces.operations.commands import (
    ask,
    evidence,
    messages,
    packs,
    people,
    reader,
    seals,
    upkeep,
)
from yichuang.faces.operations.commands.group import cli

for module in (packs, ask, evidence, people, messages, reader, seals, upkeep):
    for command in module.COMMANDS:
        cli.add_command(command)

__all__ = ["cli"]
