"""The project's settings on services of the tests' own.

The variables are set for this process and, by inheritance, for every process that a test starts.
"""

import os
import tempfile

if "LABELREVIEW_TESTS" not in os.environ:
    os.environ["LABELREVIEW_TESTS"] = "1"
    os.environ["LABELREVIEW_DATA"] = tempfile.mkdtemp(prefix="labelreview-tests-")
    os.environ["SECRET_KEY"] = "not a secret: the tests' own"

from labelreview.settings import *  # noqa: E402, F403

# Hashing a password slowly is the point of the real hashers and a waste in tests.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# So that runs in pieces are tried on hundreds of items, and not on thousands.
RUN_PIECE_ITEMS = 250
