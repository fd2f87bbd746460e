"""The Celery application: everything it needs is in settings.py under the CELERY_ prefix."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "labelreview.settings")

app = Celery("labelreview")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
