from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "yichuang.faces.desk"
    label = "desk"
    verbose_name = "审批工作台"
