"""What a label is, one file per task type. Pure: neither Django nor Celery may be imported here."""
