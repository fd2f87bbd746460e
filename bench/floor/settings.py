"""The least that Django runs with, on the same server as LabelReview and with the same kind of pool."""

import os
from typing import Any

from labelreview.environment import django_database

SECRET_KEY = "bench"
ALLOWED_HOSTS = ["localhost"]
INSTALLED_APPS = ["bench.floor"]
ROOT_URLCONF = "bench.floor.views"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
USE_I18N = False
DATABASES: dict[str, Any] = {"default": django_database(os.environ["DATABASE_URL"])}
if pool_size := os.environ.get("DATABASE_POOL_SIZE"):
    DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 1, "max_size": int(pool_size)}
DATA_UPLOAD_MAX_MEMORY_SIZE = None
