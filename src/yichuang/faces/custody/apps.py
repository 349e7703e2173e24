from django.apps import AppConfig


class CustodyConfig(AppConfig):
    name = "yichuang.faces.custody"
    label = "custody"
    verbose_name = "印章证照"
