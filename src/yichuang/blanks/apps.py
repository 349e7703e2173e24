from django.apps import AppConfig


class BlanksConfig(AppConfig):
    name = "yichuang.blanks"
    label = "blanks"
    verbose_name = "空白证照"
