from django.apps import AppConfig

# Imported so that `shared_task` binds to our app in every process: web, worker and manage.py alike.
from labelreview.celery import app as celery_app

__all__ = ["LabelReviewConfig", "celery_app"]


class LabelReviewConfig(AppConfig):
    name = "labelreview"
