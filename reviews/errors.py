"""What can go wrong in the domain, in words for people; `labelreview.errors` turns them into HTTP answers."""

from typing import Any


class DomainError(Exception):
    """A request that the rules refuse. `extra` is shown to the client beside code and detail."""

    status = 400
    code = "invalid"

    def __init__(self, detail: str, *, fields: dict[str, list[str]] | None = None, **extra: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.fields = fields
        self.extra = extra


class BadValue(DomainError):
    code = "bad_value"


class NotVisible(DomainError):
    """Absent, or not for the eyes of this user: the answer is the same."""

    status = 404
    code = "not_found"


class NotPermitted(DomainError):
    status = 403
    code = "forbidden"


class WrongPassword(DomainError):
    status = 403
    code = "wrong_password"


class NotAllowedNow(DomainError):
    """The action exists, but not from the state that things are in."""

    status = 409
    code = "not_allowed_now"


class StaleFlag(DomainError):
    """Somebody else was first: the flag is no longer as the caller saw it."""

    status = 409
    code = "stale_flag"


class LedgerBusy(DomainError):
    status = 409
    code = "ledger_busy"
