from django.apps import AppConfig


class ClockConfig(AppConfig):
    name = "yichuang.clock"
    label = "clock"
    verbose_name = "工作日与期限"
