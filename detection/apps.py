from django.apps import AppConfig


class DetectionConfig(AppConfig):
    name = "detection"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Models can be imported only now.
        from reviews.importing import SIDECARS

        from .intake import MachineSidecar

        if MachineSidecar not in SIDECARS:
            SIDECARS.append(MachineSidecar)
