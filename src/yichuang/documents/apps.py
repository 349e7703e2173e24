from django.apps import AppConfig

from yichuang.documents import guard
from yichuang.journal import guard as guards


class DocumentsConfig(AppConfig):
    name = "yichuang.documents"
    label = "documents"
    verbose_name = "文书"

    def ready(self) -> None:
        guards.OTHERS.append((guard.lower_guard, guard.raise_guard))
