from django.apps import AppConfig


class AuthorityConfig(AppConfig):
    name = "yichuang.authority"
    label = "authority"
    verbose_name = "权限裁定"
