"""Loops at the machine's speed where numba is installed; whoever uses them has a NumPy way beside.

Nothing is imported or compiled before the first array that is large enough to be worth it, and what was
compiled is kept on disk where that can be written to.
"""

from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from typing import Any

# Elements of the array; below it, NumPy is done before numba is even imported.
WORTH_COMPILING = 100_000


def worth_it(size: int) -> bool:
    """Whether to work on an array of `size` elements with compiled loops."""
    return find_spec("numba") is not None and (size >= WORTH_COMPILING or _compiled.cache_info().currsize > 0)


def fast(loop: Callable[..., Any], *, reordered: bool = False) -> Callable[..., Any]:
    """The compiled form of a function that numba understands; compiled at the first call for its types.

    reordered : whether sums may be taken in any order, several elements at once; NaN and infinity stay what
        they are
    """
    return _compiled(loop, reordered)


@cache
def _compiled(loop: Callable[..., Any], reordered: bool) -> Callable[..., Any]:
    from numba import njit  # Half a second, and not needed where datasets are small.

    allowed = {"reassoc", "contract"} if reordered else set()
    try:
        return njit(cache=True, nogil=True, fastmath=allowed)(loop)
    except RuntimeError:
        # Neither beside the source nor in the user's cache may anything be written.
        return njit(nogil=True, fastmath=allowed)(loop)
