"""What the changes of a diff add up to."""

from typing import Any


def carried_out(changes: list[dict[str, Any]], value: list[Any]) -> list[Any]:
    """The parts of `value` after these changes, in any order; fails where a change speaks of no part."""
    rest = list(value)
    for change in changes:
        if change["before"] is not None:
            rest.remove(change["before"])
    return rest + [change["after"] for change in changes if change["after"] is not None]
