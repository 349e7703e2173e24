from django.apps import AppConfig


class CockpitConfig(AppConfig):
    name = "yichuang.faces.cockpit"
    label = "cockpit"
    verbose_name = "县级驾驶舱"
