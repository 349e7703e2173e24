"""The group behind `yichuang`; each module beside this one adds its commands."""

import click


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Yichuang 一窗: a county's government services, brought to the town and the village."""
