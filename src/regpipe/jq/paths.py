"""The paths of a program's header, as a tree; projection.py says how they are written."""

import re
from json.encoder import encode_basestring

_STEP = re.compile(r'\|fromjson|\[0\]|\[\]|\."([^"\\]+)"|\.([A-Za-z_]\w*)', re.ASCII)
_PATH = re.compile(f"({_STEP.pattern})+", re.ASCII)
_EACH, _FIRST, _FROMJSON = "[]", "[0]", "|fromjson"


class PathTree:
    """The paths of a header as a tree; a leaf keeps its value whole."""

    def __init__(
        self,
        reads: list[list[str]],
        copies: list[list[str]],
        dates: list[list[str]],
        sums: list[list[str]],
    ) -> None:
        self.names: list[
            tuple[str, str, PathTree]
        ] = []  # a key, its JSON, what is kept of its value
        self.each: PathTree | None = None
        self.first: PathTree | None = None
        self.in_json: PathTree | None = None
        every = reads + copies + dates + sums
        self.dated = bool(dates) and not (reads or sums) and all(path == [] for path in every)
        self.copied = not (reads or dates or sums) and all(path == [] for path in copies)
        # The name of the numbers in an array's objects of which only the sum matters.
        self.summed = ""
        if sums and not (reads or copies or dates) and all(path == sums[0] for path in sums):
            self.summed = sums[0][1] if sums[0][:1] == [_EACH] and len(sums[0]) == 2 else ""
        if [] in every:
            return
        for step in dict.fromkeys(path[0] for path in every):
            # What is kept of all items is kept of the first one too.
            same = (_FIRST, _EACH) if step == _FIRST else (step,)
            inner = PathTree(
                *(
                    [path[1:] for path in paths if path[0] in same]
                    for paths in (reads, copies, dates, sums)
                )
            )
            if step == _EACH:
                self.each = inner
            elif step == _FIRST:
                self.first = inner
            elif step == _FROMJSON:
                self.in_json = inner
            else:
                self.names.append((step, f"{encode_basestring(step)}:", inner))


def steps_of(path: str) -> list[str]:
    """Split a path: `.history[0].v1Compatibility|fromjson.id` has five steps.

    Raises:
        ValueError: it is not such a path.
    """
    if not _PATH.fullmatch(path):
        raise ValueError(f"{ascii(path)} is not a path")
    return [step[2] or step[1] or step[0] for step in _STEP.finditer(path)]
