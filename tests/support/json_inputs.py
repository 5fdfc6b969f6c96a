"""Streams of JSON, valid and invalid, as inputs of `summarize`."""

import json

RECORD = {
    "ref": "r.example/a:v1",
    "tag": "v1",
    "digest": "sha256:01",
    "createdFrom": "history",
    "platform": {"os": "linux", "architecture": "amd64"},
    "manifest": {"config": {"digest": "sha256:02"}, "layers": [{"size": 1}]},
    "history": [{"v1Compatibility": '{"created":"2018-07-18T16:53:33Z","config":{"Image":"x"}}'}],
}


def lines(*values: object) -> bytes:
    return b"".join(json.dumps(value).encode() + b"\n" for value in values)


NUMBERED = [{**RECORD, "tag": f"v{number}"} for number in range(20)]
BROKEN = lines(*NUMBERED[:7]) + b'{"tag":}\n' + lines(*NUMBERED)
# fmt: off
STRINGS = [
    "", "0", "v1", "null", "é", "é😀", '"', "\\", "a\\u0041", "%s", "{}", "\x7f", "\t", "\u2028",
    "\ufeff", "\U000e0001", "a" * 1000, "\\ud83d", " ", "true", "[1]", "-0", "1.10",
]
# fmt: on
INPUTS = {
    "lines": lines(*NUMBERED),
    "no line end at the end": lines(*NUMBERED)[:-1],
    "blank lines": lines(*NUMBERED).replace(b"\n", b"\r\n\n"),
    "indented": b"".join(json.dumps(value, indent=2).encode() + b"\n" for value in NUMBERED),
    "concatenated": lines(*NUMBERED).replace(b"\n", b""),
    "records inside an array": b"[\n" + b",\n".join(lines(*NUMBERED).splitlines()) + b"\n]\n",
    "a byte order mark": b"\xef\xbb\xbf" + lines(*NUMBERED),
    "a byte order mark in the middle": lines(*NUMBERED) + b"\xef\xbb\xbf" + lines(*NUMBERED),
    "bad JSON in line 8": BROKEN,
    "cut at the end": lines(*NUMBERED)[:-30],
    "scalars": lines(*NUMBERED[:5], 1, "x", None, *NUMBERED[5:]) + b"12",
    "malformed scalars": lines(*NUMBERED[:5]) + b"1 2\ntruefalse\n" + lines(*NUMBERED),
    "a number that goes on": lines(*NUMBERED[:5]) + b"1-2\n" + lines(*NUMBERED),
    "error records": lines(*NUMBERED[:5], {**RECORD, "error": {"code": "DENIED"}}, *NUMBERED),
    "failing inputs": lines(*NUMBERED[:5], [1], {"history": 1}, *NUMBERED[5:], "x"),
    "invalid UTF-8": lines(*NUMBERED).replace(b'"v11"', b'"v\xff11"'),
    "characters": lines(*({**RECORD, "tag": f"ü😀{number}"} for number in range(20))),
    "raw characters": "".join(
        json.dumps({**RECORD, "tag": f"ü😀{number}"}, ensure_ascii=False) + "\n"
        for number in range(20)
    ).encode(),
    "half a character": lines(*NUMBERED[:9]) + b'{"tag":"\\ud83d"}\n' + lines(*NUMBERED),
    "half a character where it is cut": lines(*NUMBERED[:9]) + b'{"x":"\\uD83d"}\n',
    "half a character in a record like others": lines(*NUMBERED)
    + lines({"x": "half", **RECORD}, RECORD).replace(b"half", b"\\uD83d"),
    "half a character of an escaped escape, in a string": lines(*NUMBERED[:9])
    + lines(*NUMBERED).replace(b"2018-", b"\\u005cud800-"),
    "the same where it is cut": lines(*NUMBERED[:9])
    + lines(*NUMBERED).replace(b'{\\"created', b'{\\"x\\":\\"\\u005cud800\\",\\"created'),
    "numbers as written": lines(*NUMBERED).replace(b'"v7"', b"1.10").replace(b'"v8"', b"-0"),
    "numbers that are cut": lines(*NUMBERED).replace(b'"size": 1', b'"size": 1e1000'),
    "numbers in a string": lines(*NUMBERED)
    .replace(b"2018-07-18T16:53:33Z", b"x")
    .replace(b'\\"x\\"', b"-0"),
    "not a number": lines(*NUMBERED) + b'{"tag":nan}{"tag":NaN}{"tag":Infinity}\n',
    "not a number where it is cut": lines(*NUMBERED) + b'{"tag":1,"x":Infinity}\n',
    "a name twice": lines(*NUMBERED).replace(b'"tag"', b'"tag":1,"tag"'),
    "control characters": lines(*NUMBERED).replace(b'"v7"', b'"v\t7"'),
    "strings of every kind": lines(
        *(
            {
                **RECORD,
                "tag": text,
                "digest": text[::-1],
                "created": text,
                "history": [{"v1Compatibility": json.dumps({"created": text, "id": 1})}],
            }
            for text in STRINGS * 3
        )
    ),
    "other things than strings": lines(
        *(
            {**RECORD, "tag": other, "created": other, "ref": other}
            for other in [None, True, 5, [], {}, ["v"], {"a": "b"}, "v"] * 3
        )
    ),
    "deep": lines(*NUMBERED) + b'{"x":' + b"[" * 9_000 + b"]" * 9_000 + b"}\n" + lines(*NUMBERED),
    "too deep": lines(*NUMBERED) + b'{"x":' + b"[" * 11_000 + b"]" * 11_000 + b"}\n",
    "a long number": lines(*NUMBERED) + b'{"tag":' + b"9" * 5_000 + b"}\n" + lines(*NUMBERED),
}
