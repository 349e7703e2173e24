from django.apps import AppConfig


class DesignConfig(AppConfig):
    name = "yichuang.design"
    label = "design"
    verbose_name = "设计系统"
