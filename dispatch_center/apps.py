from django.apps import AppConfig


class DispatchCenterConfig(AppConfig):
    name = "dispatch_center"

    def ready(self) -> None:
        from . import durability

        durability.watch_connections()
