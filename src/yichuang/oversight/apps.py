from django.apps import AppConfig


class OversightConfig(AppConfig):
    name = "yichuang.oversight"
    label = "oversight"
    verbose_name = "监督评价"
