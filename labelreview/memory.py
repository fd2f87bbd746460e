"""How the collection of garbage is set in the processes that live long."""

import gc


def spare_the_program() -> None:
    """Never look through what is loaded by now, and seldom through what is new.

    The program itself is no garbage: a full collection that walks it holds up every thread for 50 ms. A page
    of flags or a block of imported rows is some thousand objects, none of them in a cycle: by default they
    would be looked through several times, which is a tenth of an import.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
