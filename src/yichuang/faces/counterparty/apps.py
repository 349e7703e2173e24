from django.apps import AppConfig


class CounterpartyConfig(AppConfig):
    name = "yichuang.faces.counterparty"
    label = "counterparty"
    verbose_name = "对接单位"
