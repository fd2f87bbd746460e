"""How data comes and goes, one file per format. Pure: neither Django nor Celery may be imported here."""
