"""What the database itself refuses, whoever asks: a bug, a shell, a migration that forgot."""

import pgtrigger

APPEND_ONLY = pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
KEPT = pgtrigger.Protect(name="kept_for_ever", operation=pgtrigger.Delete)
