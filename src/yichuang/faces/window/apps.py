from django.apps import AppConfig


class WindowConfig(AppConfig):
    name = "yichuang.faces.window"
    label = "window"
    verbose_name = "综合窗口"
