from django.apps import AppConfig


class MessagesConfig(AppConfig):
    name = "yichuang.messages"
    label = "outgoing"  # "messages" is taken by django.contrib.messages
    verbose_name = "消息"
