import pytest
from amqp.exceptions import ChannelError

from labelreview import celery
from labelreview.celery import app

QUEUE = "left by a killed worker"


def test_the_queue_waits_longer_than_the_longest_task() -> None:
    """Else the broker would hand a task out a second time while it is still being worked on."""
    assert app.conf.broker_transport_options["visibility_timeout"] > app.conf.task_time_limit


def test_what_a_killed_worker_was_doing_is_handed_out_again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with app.connection_for_write() as connection:
        connection.SimpleQueue(QUEUE).put({"task": 1})
    _take_and_die()
    assert _waiting() == 0

    monkeypatch.setenv("LABELREVIEW_ONLY_WORKER", "")
    celery.take_up_what_a_killed_worker_left()
    assert _waiting() == 0, "with other workers about, it may be theirs"

    monkeypatch.setenv("LABELREVIEW_ONLY_WORKER", "1")
    celery.take_up_what_a_killed_worker_left()
    assert _waiting() == 1


def _take_and_die() -> None:
    """Take the message as a worker does, and vanish without a word to the broker."""
    connection = app.connection_for_read()
    taken = connection.SimpleQueue(QUEUE).get(timeout=5)
    assert taken.payload == {"task": 1}
    taken.channel.qos.restore_at_shutdown = False
    connection.close()


def _waiting() -> int:
    with app.connection_for_read() as connection:
        try:
            return int(connection.SimpleQueue(QUEUE).qsize())
        except ChannelError:  # Redis knows no empty queue
            return 0
