"""When the garbage collector begins: after the modules are loaded, which leave it nothing.

At its usual threshold it searches what is loaded again and again, for a tenth of the time in which
`regpipe tags` starts. bench/start.py shows it; tests/unit/system/test_garbage.py, that garbage is
collected as usual from then on.
"""

import gc

_LOADED = 50_000
"""Objects that may be made before: about as many as the modules of a verb have."""


def begin_later() -> None:
    """Collect no garbage before `_LOADED` objects are made, and as usual from then on."""
    usual = gc.get_threshold()

    def begin(_phase: str, _info: dict[str, int]) -> None:
        gc.callbacks.remove(begin)
        gc.set_threshold(*usual)
        gc.freeze()  # what is there by now is not searched, this time or later

    gc.callbacks.append(begin)
    gc.set_threshold(_LOADED)
