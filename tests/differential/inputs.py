"""The inputs of the cases: standard inputs by name, and the files in their directory."""

FILES: dict[str, bytes] = {
    "null": b"null\n",
    "numbers": b"1\n2\n3\n",
    "mixed": (
        b'{"b":1.10,"a":[1e1000,-0,100000000000000000000,1E-5,0.1e1]}\n'
        b'"x\\u00e9\\ud83d\\ude00\\n\\u0007\\u007f\xc3\xa9" null true false []\n'
        b'{"a":{"z":1,"a":{"c":[],"b":{}}},"b":"<&\'>\\\\\\""}[1,[2,[3,{"k":"v"}]]]\n'
    ),
    "pretty": b'{\n  "a": [\n    1,\n    {"b": null}\n  ],\n  "c": {}\n}\n[\n]\n',
    "concatenated": b'{"a":1}{"b":2}[3]"four"5 6true',
    "bom": b'\xef\xbb\xbf{"a":1}\n{"a":2}\n',
    "half a bom": b'\xef\xbb{"a":1}\n',
    "empty": b"",
    "blank": b"\n \t\r\n\n",
    "lines": "one\r\ntwo\n\n\tthr\u00e9e\nlast".encode(),
    "seq": b'\x1e{"a":1}\n\x1e[2]\n\x1e"three"\n',
    "seq broken": b'\x1e{"a":\x1e[2]\n\x1etru\n\x1e4\n\x1e5',
    "invalid utf-8": b'"\xff\xfe\xc3" "\xed\xa0\x80" "ok\xf0\x9f\x98"\n',
    "bad line 7": b'{"n":1}\n{"n":2}\n{"n":3}\n{"n":4}\n{"n":5}\n{"n":6}\n{"n":7,}\n{"n":8}\n',
    "cut": b'{"a":1}\n{"a":[1,{"b":',
    "cut in a string": b'{"a":1}\n{"a":"x',
    "number at the end": b"1 2 3",
    "deep": b"[" * 1000 + b"]" * 1000 + b"\n",
    "too deep": b"[" * 10_001 + b"]" * 10_001 + b"\n",
    "records": (
        b'{"registry":"https://r.example","repository":"a/b","tag":"v1","ref":"r.example/a/b:v1",'
        b'"digest":"sha256:01","size":667,"platform":{"os":"linux","architecture":"amd64"},'
        b'"created":"2018-07-18T16:53:33.321604719Z","manifest":{"schemaVersion":2,"layers":'
        b'[{"digest":"sha256:0a","size":1559},{"digest":"sha256:0b","size":2071}]},'
        b'"config":{"config":{"Labels":{"a.b/c":"d","e":""},"Env":["PATH=/bin:/usr/bin","X=1"]},'
        b'"history":[{"created_by":"ADD file:x in / "},{"created_by":"CMD","empty_layer":true}]},'
        b'"history":[{"v1Compatibility":"{\\"created\\":\\"2018-07-18T16:53:33.321604719Z\\",'
        b'\\"config\\":{\\"Image\\":\\"sha256:ab\\"},\\"id\\":\\"01\\"}"},'
        b'{"v1Compatibility":"{\\"id\\":\\"02\\",\\"created\\":\\"2018-07-06T14:14:06Z\\"}"}]}\n'
        b'{"registry":"https://r.example","repository":"a/b","tag":"latest",'
        b'"ref":"r.example/a/b:latest","digest":"sha256:02","size":666,'
        b'"platform":{"os":"linux","architecture":"arm64","variant":"v8"},'
        b'"created":"2021-02-03T04:05:06+02:00","manifest":{"schemaVersion":2,"layers":'
        b'[{"digest":"sha256:0a","size":1559},{"digest":"sha256:0c","size":100000000000000000}]},'
        b'"config":{"config":{"Labels":null}},'
        b'"history":[{"v1Compatibility":"{\\"created\\":null,\\"config\\":{\\"Image\\":\\"\\"}}"}]}\n'
        b'{"registry":"https://r.example","repository":"c","tag":"v2.0-rc.1",'
        b'"ref":"r.example/c:v2.0-rc.1","digest":null,"size":1.0,"platform":null,'
        b'"manifest":{"schemaVersion":2,"layers":[]},"config":{},"history":[]}\n'
    ),
    "catalog": b'{"repositories":["a/b","c","library/nginx","team/app","team/app-web"]}\n',
    "tags": (
        b'{"name":"a/b","tags":["latest","v1.0","v1.10","v1.2","2021-02-03","sha-0a1b2c3"]}\n'
        b'{"name":"c","tags":null}\n'
    ),
    "index": (
        b'{"schemaVersion":2,"manifests":[{"digest":"sha256:1","size":428,"platform":'
        b'{"os":"linux","architecture":"amd64"}},{"digest":"sha256:2","size":429,"platform":'
        b'{"os":"linux","architecture":"arm","variant":"v7"}},{"digest":"sha256:3","size":430,'
        b'"platform":{"os":"unknown","architecture":"unknown"},"annotations":'
        b'{"vnd.docker.reference.type":"attestation-manifest"}}]}\n'
    ),
}

ON_DISK: dict[str, bytes] = {
    "two.json": b'{"a":1}\n{"a":2}\n',
    "numbers.json": b"1\n2\n3\n",
    "unended.json": b"1 2",
    "unended.txt": b"a\nb",
    "bad7.ndjson": FILES["bad line 7"],
    "program.jq": b"# a comment\ndef f: [., 1];\nf\n",
    "comments.jq": b"# one \\\n  still a comment\n[1, # two\n 2]\n",
    "broken.jq": b"def f: ;\n.a |\n",
    "nul.jq": b"1\x00\n",
    "empty.jq": b"",
    "lib/m.jq": b'module {"name":"m","version":1};\ndef f: "f of m";\ndef g: 1;\n',
    "lib/broken.jq": b"def f: {;\n",
    "lib/data.json": b'{"a":1.50} 2\n',
}
