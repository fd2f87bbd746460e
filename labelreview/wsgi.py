"""The WSGI entry point that granian serves."""

import gc
import os
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "labelreview.settings")

application = get_wsgi_application()

# Load the views now rather than in somebody's first request.
import_module(settings.ROOT_URLCONF)
# The program itself is never garbage: a full collection that walks it holds up every thread for 50 ms.
gc.collect()
gc.freeze()
# A page of flags is some thousand objects: by default each would be looked through several times for cycles.
gc.set_threshold(50_000, 20, 20)
