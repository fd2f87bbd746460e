"""The Celery application: everything it needs is in settings.py under the CELERY_ prefix."""

import os
from typing import Any

from celery import Celery
from celery.signals import worker_init, worker_process_init

from labelreview.environment import flag
from labelreview.memory import spare_the_program

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "labelreview.settings")

app = Celery("labelreview")
app.config_from_object("django.conf:settings", namespace="CELERY")
# The scheduler sends tasks by their names alone: it need not load what they need, which is a lot.
if not flag("TASKS_BY_NAME"):
    app.autodiscover_tasks()


@worker_init.connect
def take_up_what_a_killed_worker_left(**_: Any) -> None:
    """Hand out again at once what was being worked on when the only worker died.

    The broker cannot know that nobody works on it any more and would wait for the visibility timeout. On a
    laptop the supervisor knows: it starts one worker at a time. With several workers the timeout decides.
    """
    if not flag("LABELREVIEW_ONLY_WORKER"):
        return
    at_once = {**app.conf.broker_transport_options, "visibility_timeout": 0}
    with app.connection_for_write(transport_options=at_once) as connection:
        channel: Any = connection.default_channel
        channel.qos.restore_visible(num=None)


@worker_process_init.connect
def settle_down(**_: Any) -> None:
    spare_the_program()
