from typing import Any

from django.apps import AppConfig

from .embedders.choice import parse


def machine_sidecar(dataset: Any) -> Any:
    # Not before an import needs it: the web processes shall not carry NumPy about.
    from .intake import MachineSidecar

    return MachineSidecar(dataset)


class DetectionConfig(AppConfig):
    name = "detection"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Models can be imported only now.
        from reviews.datasets import SETTING_CHECKS
        from reviews.importing import SIDECARS

        SETTING_CHECKS["embedder"] = parse
        if machine_sidecar not in SIDECARS:
            SIDECARS.append(machine_sidecar)
