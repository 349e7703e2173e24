from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class JournalConfig(AppConfig):
    name = "yichuang.journal"
    label = "journal"
    verbose_name = _("日志")

    def ready(self) -> None:
        # fills the outbox's registry: every package that has background work has a `tasks` module
        autodiscover_modules("tasks")
