"""The laptop mode: everything runs on one data folder, without containers."""

from .children import CannotStart
from .services import services

__all__ = ["CannotStart", "services"]
