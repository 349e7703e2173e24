from django.apps import AppConfig


class PlacesConfig(AppConfig):
    name = "yichuang.places"
    label = "places"
    verbose_name = "区划与机构"
