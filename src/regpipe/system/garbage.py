"""When the garbage collector begins: after the modules are loaded, which leave it nothing.

At its usual threshold it searches what is loaded again and again, for a tenth of the time in which
`regpipe tags` starts. bench/start.py shows it; tests/unit/system/test_garbage.py, that garbage is
collected as usual later.
"""

import gc

_USUAL = gc.get_threshold()
_LOADED = 50_000
"""Objects that may be made before: about as many as the modules of a verb have."""


def begin_later() -> None:
    """Collect no garbage before `begin`, or before `_LOADED` objects are made."""
    gc.callbacks.append(_begin_at_last)
    gc.set_threshold(_LOADED)


def begin() -> None:
    """From now on collect garbage as usual: what comes may be large.

    Nothing changes where `begin_later` was not called, as in others' programs.
    """
    if _begin_at_last in gc.callbacks:
        gc.callbacks.remove(_begin_at_last)
        gc.set_threshold(*_USUAL)


def _begin_at_last(_phase: str, _info: dict[str, int]) -> None:
    begin()
