from django.apps import AppConfig


class LibraryConfig(AppConfig):
    name = "yichuang.faces.library"
    label = "library"
    verbose_name = "事项库"
