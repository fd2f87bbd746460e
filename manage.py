#!/usr/bin/env python
"""Django's commands for LabelReview: `python manage.py help` lists them."""

import os
import sys

from django.core.management import execute_from_command_line
from django.db import OperationalError


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "labelreview.settings")
    try:
        execute_from_command_line(sys.argv)
    except OperationalError as problem:
        sys.exit(f"The database does not answer: is LabelReview running (make up)?\n{problem}")


if __name__ == "__main__":
    main()
