from django.apps import AppConfig


class DocumentsConfig(AppConfig):
    name = "yichuang.documents"
    label = "documents"
    verbose_name = "文书"
