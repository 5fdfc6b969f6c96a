"""Tell whether the libjq in the `jq` package was built with optimisation.

Nothing in the package says so. What shows it is the size of a function of one line, `jv_get_kind`:
6 to 12 bytes with any optimisation, 24 to 41 without. A program cannot be told by its size alone
where that has other causes, such as `-fstack-protector-all`, so this is for people to read.
"""

import ctypes
from importlib.machinery import PathFinder

_LARGEST = 16
_ENTRY = 1  # RTLD_DL_SYMENT


class _Entry(ctypes.Structure):
    """An ELF64 symbol."""

    _fields_ = (
        ("name", ctypes.c_uint32),
        ("kind", ctypes.c_uint8 * 4),
        ("value", ctypes.c_uint64),
        ("size", ctypes.c_uint64),
    )


def is_optimised(path: str | None = None) -> bool | None:
    """Tell whether it was; None where that cannot be told: only glibc's linker shows sizes.

    Args:
        path: the library; that of the `jq` package by default.
    """
    spec = None if path else PathFinder.find_spec("jq")
    path = spec.origin if spec else path
    if path is None or ctypes.sizeof(ctypes.c_void_p) != ctypes.sizeof(ctypes.c_uint64):
        return None
    info, entry = (ctypes.c_void_p * 4)(), ctypes.POINTER(_Entry)()
    try:
        function = ctypes.cast(ctypes.CDLL(path).jv_get_kind, ctypes.c_void_p)
        found = ctypes.CDLL(None).dladdr1(function, ctypes.byref(info), ctypes.byref(entry), _ENTRY)
    except (OSError, AttributeError):
        return None
    return entry.contents.size <= _LARGEST if found and entry else None
