from django.apps import AppConfig


class PowersConfig(AppConfig):
    name = "yichuang.faces.powers"
    label = "powers"
    verbose_name = "授权"
