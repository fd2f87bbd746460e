"""The WSGI entry point that granian serves."""

import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from labelreview.memory import spare_the_program

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "labelreview.settings")

application = get_wsgi_application()

# Load the views now rather than in somebody's first request.
import_module(settings.ROOT_URLCONF)
spare_the_program()
