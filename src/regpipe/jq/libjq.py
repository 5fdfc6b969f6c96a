"""libjq's own C functions, found inside the `jq` package and called through ctypes.

The package's Python interface prints numbers as doubles, has no `input`, no `debug`, no library
path, and aborts the process when it is asked again after an error. The libjq inside it has none of
these limits, and exports the functions of its public headers, jq.h and jv.h. They are used here as
jq's main.c uses them, so that what they print is what jq prints.

Ownership is libjq's: a function consumes each `jv` it is given, except `jv_copy` and the few that
return a pointer into one.
"""

import ctypes
import os
from importlib.machinery import PathFinder

from regpipe.errors import ExitCode, RegpipeError

TYPE_CHECKING = False  # typing's own costs every start 10 ms
if TYPE_CHECKING:
    from typing import Any

INVALID, NULL, FALSE, TRUE, NUMBER, STRING, ARRAY, OBJECT = range(8)

# jv_print_flags
PRETTY, ASCII, COLOR, SORTED, TAB, ISATTY = 1, 2, 4, 8, 64, 128
INDENT_MASK = 7 << 8 | PRETTY
# the flags of jv_parser_new
PARSE_SEQ, PARSE_STREAMING, PARSE_STREAM_ERRORS = 1, 2, 4

_REGEX_DEPTH = 1024  # main.c's own limit, against stack overflows in oniguruma


class Jv(ctypes.Structure):
    """A JSON value of libjq: a struct of two words, passed by value.

    Only its first byte is looked at here: the kind, and flags in the bits above it.
    """

    _fields_ = (
        ("first", ctypes.c_uint8),
        ("_head", ctypes.c_uint8 * 7),
        ("_body", ctypes.c_uint64),
    )


KIND_MASK = 15
"""What of a value's first byte is its kind; all of it is 0 where it is invalid, saying nothing."""


MESSAGE_CALLBACK = ctypes.CFUNCTYPE(None, ctypes.c_void_p, Jv)
ERROR_CALLBACK = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_char_p, use_errno=True)

_INT, _TEXT, _POINTER = ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p
# name: (what it returns, what it takes)
_FUNCTIONS: "dict[str, tuple[Any, ...]]" = {
    "jq_init": (_POINTER,),
    "jq_teardown": (None, _POINTER),
    "jq_compile_args": (_INT, _POINTER, _TEXT, Jv),
    "jq_start": (None, _POINTER, Jv, _INT),
    "jq_next": (Jv, _POINTER),
    "jq_halted": (_INT, _POINTER),
    "jq_get_exit_code": (Jv, _POINTER),
    "jq_get_error_message": (Jv, _POINTER),
    "jq_set_attr": (None, _POINTER, Jv, Jv),
    "jq_set_error_cb": (None, _POINTER, MESSAGE_CALLBACK, _POINTER),
    "jq_set_debug_cb": (None, _POINTER, MESSAGE_CALLBACK, _POINTER),
    "jq_set_stderr_cb": (None, _POINTER, MESSAGE_CALLBACK, _POINTER),
    "jq_set_input_cb": (None, _POINTER, _POINTER, _POINTER),
    "jq_set_colors": (_INT, _TEXT),
    "jq_realpath": (Jv, Jv),
    "jq_util_input_init": (_POINTER, ERROR_CALLBACK, _POINTER),
    "jq_util_input_free": (None, _POINTER),
    "jq_util_input_set_parser": (None, _POINTER, _POINTER, _INT),
    "jq_util_input_add_input": (None, _POINTER, _TEXT),
    "jq_util_input_errors": (_INT, _POINTER),
    "jq_util_input_next_input": (Jv, _POINTER),
    "jq_util_input_get_position": (Jv, _POINTER),
    "jv_parser_new": (_POINTER, _INT),
    "jv_parser_free": (None, _POINTER),
    "jv_parser_set_buf": (None, _POINTER, _POINTER, _INT, _INT),
    "jv_parser_remaining": (_INT, _POINTER),
    "jv_parser_next": (Jv, _POINTER),
    "jv_parse_sized": (Jv, _TEXT, _INT),
    "jv_load_file": (Jv, _TEXT, _INT),
    "jv_dump_string": (Jv, Jv, _INT),
    "jv_dumpf": (None, Jv, _POINTER, _INT),
    "jv_get_kind": (_INT, Jv),
    "jv_copy": (Jv, Jv),
    "jv_free": (None, Jv),
    "jv_invalid_get_msg": (Jv, Jv),
    "jv_invalid_has_msg": (_INT, Jv),
    "jv_null": (Jv,),
    "jv_array": (Jv,),
    "jv_array_append": (Jv, Jv, Jv),
    "jv_array_concat": (Jv, Jv, Jv),
    "jv_array_get": (Jv, Jv, _INT),
    "jv_array_length": (_INT, Jv),
    "jv_object": (Jv,),
    "jv_object_set": (Jv, Jv, Jv, Jv),
    "jv_object_has": (_INT, Jv, Jv),
    "jv_number_value": (ctypes.c_double, Jv),
    "jv_number_negate": (Jv, Jv),  # not called: it is there from jq 1.8 on
    "jv_string_sized": (Jv, _TEXT, _INT),
    "jv_string_value": (_POINTER, Jv),
    "jv_string_length_bytes": (_INT, Jv),
    "onig_set_parse_depth_limit": (_INT, ctypes.c_uint),
}


class LibjqError(RegpipeError):
    """No usable libjq was found."""

    code = "LIBJQ"
    exit_code = ExitCode.USAGE


class Libjq:
    """libjq's functions by their C names, and conversions of values.

    Raises:
        LibjqError: the `jq` package is not there or cannot be loaded, or its libjq is hidden or
            older than 1.8.
    """

    def __init__(self) -> None:
        spec = PathFinder.find_spec("jq")  # found, not imported: that would cost 9 ms
        if spec is None or spec.origin is None:
            raise LibjqError("the Python package jq is not installed")
        try:
            self._library = ctypes.CDLL(spec.origin)
            for name, (returns, *takes) in _FUNCTIONS.items():
                function = getattr(self._library, name)
                function.restype, function.argtypes = returns, takes
        except OSError as error:
            raise LibjqError(f"cannot load the Python package jq: {error}") from error
        except AttributeError as error:
            raise LibjqError(
                "the Python package jq shows no libjq 1.8 to its process; its wheels for Linux and "
                f"macOS do ({error})"
            ) from error
        self.call: Any = self._library
        self.call.onig_set_parse_depth_limit(_REGEX_DEPTH)

    def address(self, name: str) -> int | None:
        """Return the address of a function, to pass it to libjq."""
        return ctypes.cast(getattr(self._library, name), ctypes.c_void_p).value

    def string(self, text: str | bytes) -> Jv:
        """Make a string; bytes that are not UTF-8 become U+FFFD, as they do in jq."""
        data = text if isinstance(text, bytes) else os.fsencode(text)
        value: Jv = self.call.jv_string_sized(data, len(data))
        return value

    def take_string(self, value: Jv) -> bytes:
        """Return a string's bytes, and free it."""
        call = self.call
        data = ctypes.string_at(
            call.jv_string_value(value), call.jv_string_length_bytes(call.jv_copy(value))
        )
        call.jv_free(value)
        return data

    def take_dump(self, value: Jv, flags: int) -> bytes:
        """Return a value's JSON text, and free it."""
        text = self.call.jv_dump_string(value, flags)
        data = ctypes.string_at(self.call.jv_string_value(text))  # JSON text has no NUL
        self.call.jv_free(text)
        return data

    def take_message(self, value: Jv) -> bytes | None:
        """Return an invalid value's message, if it has one, and free it."""
        if not self.call.jv_invalid_has_msg(self.call.jv_copy(value)):
            self.call.jv_free(value)
            return None
        message = self.call.jv_invalid_get_msg(value)
        if self.call.jv_get_kind(message) == STRING:
            return self.take_string(message)
        return self.take_dump(message, 0)

    def parse(self, text: bytes) -> Jv | None:
        """Parse one JSON text; return None if it is malformed."""
        value: Jv = self.call.jv_parse_sized(text, len(text))
        if self.call.jv_get_kind(value) != INVALID:
            return value
        self.call.jv_free(value)
        return None
