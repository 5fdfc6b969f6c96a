"""Realistic programs, for records of registries and for JSON in general."""

# ruff: noqa: E501 -- each program is one line

RECORDS = """\
.ref
.tag, .digest
{ref, digest}
.platform | .os + "/" + .architecture
[.platform.os, .platform.architecture, .platform.variant] | map(select(. != null)) | join("/")
select(.tag == "latest")
select(.tag | test("^v[0-9]+"))
select(.tag | test("^V[0-9]+"; "i")) | .tag
select(.tag | startswith("v")) | .tag | ltrimstr("v")
select(.tag | endswith("rc.1") | not).tag
select(.platform.architecture == "arm64") | .ref
select(.created >= "2020") | .ref
select(.created != null) | .created | sub("\\\\.[0-9]+"; "") | fromdateiso8601
{tag: .tag, info: .history[0].v1Compatibility | fromjson | {created: .created, sha: .config.Image}}
.history[0].v1Compatibility | fromjson
.history[]?.v1Compatibility | fromjson | .id
[.history[].v1Compatibility | fromjson | .created] | max
[.manifest.layers[].size] | add
.manifest.layers | length
.manifest.layers | map(.size) | {min: min, max: max, total: add}
.manifest.layers[-1].digest
.manifest.layers[:1]
.manifest.layers | to_entries[] | "\\(.key): \\(.value.digest)"
.manifest | keys
.manifest | keys_unsorted
.config.config.Labels // {}
.config.config.Labels | to_entries? | map("\\(.key)=\\(.value)")
.config.config.Env // [] | map(split("=") | {(.[0]): .[1]}) | add
.config.config.Env // [] | map(capture("^(?<name>[^=]+)=(?<value>.*)$")) | from_entries
.config.history[]? | select(.empty_layer | not) | .created_by
with_entries(select(.value | type == "string"))
del(.manifest, .config, .history)
delpaths([["manifest"], ["config", "config"]])
to_entries | map(.key)
paths(type == "number")
[paths | join(".")?] | length
[leaf_paths | map(tostring) | join("/")]
[.. | strings] | length
[.. | numbers]
[.. | .digest? // empty]
walk(if type == "object" then del(.size) else . end)
.repository | split("/") | first
"\\(.registry | sub("https://"; ""))/\\(.repository):\\(.tag)"
"https://x/?tag=\\(.tag | @uri)"
@text "tag \\(.tag)", @json "tag \\(.tag)", @html "<\\(.tag)>", @sh "echo \\(.tag)"
[.ref, .digest, .created] | @csv
[.ref, .digest, .size] | @tsv
.digest | @base64
.digest | @base64 | @base64d
has("created"), has("nosuch")
.size | . / 1024 | floor
.size | tostring | length
.size as $size | .manifest.layers | map(.size + $size)
if .platform.variant then "\\(.platform.architecture)\\(.platform.variant)" else .platform.architecture end
.platform as {os: $os, architecture: $arch} | [$os, $arch]
. as {$tag, $digest} | {$tag, $digest}
try (.digest | ascii_downcase) catch "none"
.digest | ascii_downcase
.created | todate
.created // "never"
.size | tojson
.manifest.layers | group_by(.size > 2000) | map(length)
.manifest.layers | sort_by(-.size) | map(.digest)
.manifest.layers | INDEX(.digest) | keys
limit(1; .manifest.layers[])
first(.manifest.layers[] | select(.size > 1000))
any(.manifest.layers[]; .size > 2000), all(.manifest.layers[]; .size > 0)
.manifest.layers |= map(.digest)
.manifest.layers[].size |= . * 2
.manifest.layers[0].size += 1
.tag |= ascii_upcase
.new.path[2] = 1
. + {tag: "x"} | .tag
. * {platform: {os: "windows"}} | .platform
.tag | explode | implode
.tag | [scan("[0-9]+") | tonumber]
.tag | [match("[0-9]"; "g").offset]
.tag | gsub("[^a-z]"; "-")
.tag | splits("\\\\.")
.tag | ascii
.tag | length, utf8bytelength
.tag | .[1:]
.tag | index("."), rindex("."), indices(".")
.tag | inside("v1 v2")
.tag | contains("v")
[.tag, .repository] | map(ascii_downcase) | sort
.ref | @json
getpath(["platform", "os"])
pick(.platform.os, .tag)
[.manifest.layers[] | {digest, mb: (.size / 1e6 * 100 | round / 100)}]
input_filename
$ENV | has("PATH")
"""

SLURPED = """\
length
map(.tag)
map(.tag) | sort
sort_by(.created)
sort_by(.created) | last | .ref
sort_by(.created) | reverse | map(.tag)
group_by(.repository) | map({repository: .[0].repository, tags: map(.tag)})
group_by(.repository) | map({(.[0].repository): length}) | add
map({key: .tag, value: .digest}) | from_entries
INDEX(.tag) | map_values(.digest)
[.[] | select(.created)] | max_by(.created).tag
min_by(.size).tag
unique_by(.repository) | length
map(.manifest.layers[].digest) | unique | length
[.[].manifest.layers[].size] | add
map(.manifest.layers | map(.size) | add) | add
map(select(.tag | test("^v"))) | length
[.[] | .platform.architecture?] | group_by(.) | map({(.[0] // "none"): length}) | add
reduce .[] as $r ({}; .[$r.repository] += [$r.tag])
[foreach .[] as $r (0; . + 1; {n: ., tag: $r.tag})]
to_entries | map("\\(.key + 1). \\(.value.tag)") | .[]
map([.ref, .digest // "-"] | join("\\t")) | .[]
(map(keys) | add | unique) as $keys | $keys
map(.tag) | combinations(1)?
map(.tag) | [limit(2; .[])]
map(.tag) | index("latest")
map(.tag) | .[1:], .[:-1], .[-1:]
map(.tag) | join(",")
[.[] | tojson | length] | max
map(has("created")) | all, any
transpose?
map(.created) | map(values)
[splits("x")?]
flatten | length
map(.size) | [min, max, add, add / length]
walk(if type == "number" then tostring else . end) | .[0].size
[.[] | del(.history, .config, .manifest)]
bsearch(1)
.[0] == .[0], .[0] < .[1]
tojson | fromjson | length
"""

OTHERS = """\
catalog	.repositories[]
catalog	.repositories | map(select(startswith("team/")))
catalog	[.repositories[] | split("/") | {(.[0]): .[1]}]
catalog	.repositories | length
tags	.tags[]
tags	.tags // [] | length
tags	.name as $name | .tags[]? | {ref: "\\($name):\\(.)"}
tags	.tags // [] | map(select(test("^v\\\\d+\\\\.\\\\d+$"))) | sort_by(ltrimstr("v") | split(".") | map(tonumber))
tags	{name, latest: (.tags // [] | index("latest") != null)}
tags	[.tags[]? | capture("^v(?<major>\\\\d+)\\\\.(?<minor>\\\\d+)$") | map_values(tonumber)]
index	.manifests[].platform | "\\(.os)/\\(.architecture)\\(if .variant then "/" + .variant else "" end)"
index	.manifests[] | select(.platform.architecture == "arm" and .platform.os == "linux").digest
index	[.manifests[] | select(.annotations["vnd.docker.reference.type"] == null)] | length
index	.manifests | map({(.digest): .platform}) | add
mixed	.
mixed	type
mixed	length?
mixed	tojson
mixed	tostring
mixed	[.] | tojson | fromjson
mixed	.. | scalars
mixed	[.[]?] | length
mixed	arrays, objects, iterables
mixed	booleans, numbers, strings, nulls, scalars, values
mixed	try error catch .
mixed	.a?
mixed	.a
mixed	.[0]?
mixed	(.a?, .b?) |= 1
mixed	to_entries?
mixed	not
mixed	isvalid(.a)
mixed	ascii_downcase?
mixed	@json
mixed	@text
mixed	@base64?
mixed	[limit(3; .[]?)]
mixed	tostream
mixed	[tostream] | fromstream(.[])
mixed	getpath(["a", 0])?
mixed	[paths]
mixed	. as [$x] ?// {a: $x} ?// $x | [$x]
mixed	debug
mixed	input_line_number
mixed	splits("x")?
null	[range(5)], [range(0; 10; 3)], [range(5; 0; -2)]
null	[limit(5; repeat(1))], [until(. > 100; (. // 1) * 2)]
null	[recurse(if . == null then 1 elif . < 4 then . + 1 else empty end)]
null	def fac: if . <= 1 then 1 else . * (. - 1 | fac) end; 20 | fac
null	reduce range(10) as $i (0; . + $i)
null	[foreach range(5) as $i (0; . + $i; [$i, .])]
null	label $out | foreach range(10) as $i (0; . + $i; if . > 10 then ., break $out else empty end)
null	[1, 2] - [2], [1, [2]] + [3], {a: 1} + {b: 2}, {a: {b: 1}} * {a: {c: 2}}
null	10 / 4, 10 % 3, -10 % 3, 1 / 3, 5 % -2, 1e1000, -1e1000, 0.1 + 0.2
null	try (1 / 0) catch ., try (1 % 0) catch .
null	[1, null, true, "a", [], {}] | sort, sort_by(type), map(type)
null	nan < nan, [nan] | sort, ([nan] | tojson), infinite, -infinite, (nan | isnan)
null	100000000000000000000, 1.000000000000000000001, 3.0, 1.10, 1e2, 0.00001, 123456789012
null	100000000000000000000 + 0, 9007199254740993, 9007199254740993 + 0, -0, 0 * -1
null	"\\u00e9\\ud83d\\ude00" | length, utf8bytelength, explode, @uri, ascii_downcase
null	"abc" | .[1:2], .[-1:], test("B"; "ix"), [match("."; "g").string], ltrimstr("a"), rtrimstr("c")
null	" a b " | trim, ltrim, rtrim
null	"a,b, c" | split(","), split(", *"; null), [splits(", *")]
null	"x" * 3, "x" * 0, ("x" * 1.5), ([1] | join("-")), ("a-b" / "-")
null	@sh "a \\("it's") \\([1, "b c"])", @csv "\\([1, "a\\"b", null, true])", @tsv "\\(["a\\tb", 1])"
null	"SGk=" | @base64d, ("Hi" | @base32), ("JBUQ====" | @base32d), ("<&'\\">" | @html)
null	"2015-03-05T23:51:47Z" | fromdateiso8601, fromdate, strptime("%Y-%m-%dT%H:%M:%SZ"), (fromdate | todate)
null	1425599507 | todate, gmtime, strftime("%A %d %B %Y"), (gmtime | mktime), (gmtime | todate)
null	1425599507.25 | gmtime, todate
null	"10:15 1 Jan 2020" | strptime("%H:%M %d %b %Y") | mktime
null	"not a date" | fromdate
null	{} | .a.b.c, (.a.b = 1), (.a += 1), (.a //= 2), (.["x y"] = 1), .a?, .["a"]?
null	[1, 2, 3] | .[1:], .[:-1], (.[0] |= . + 10), del(.[0, 2]), (.[1:] = [9]), (to_entries | from_entries?)
null	{"a": [1, {"b": 2}]} | [paths], [leaf_paths], [getpath(["a", 1, "b"])], path(..), (tostream)
null	[3, 1, 2] | sort, min, max, add, reverse, (map(. * 2)), any, all, index(1), (. | contains([1])), inside([1, 2, 3])
null	[[1, 2], [3, 4]] | transpose, flatten, add, combinations, (map(add))
null	{a: 1, b: 2} | to_entries, with_entries(.value += 1), map_values(. + 1), keys, length, add, has("a"), (to_entries | from_entries), del(.a), any, all
null	[{a: 1, b: 2}, {a: 1, b: 3}] | group_by(.a), unique_by(.a), min_by(.b), max_by(.b), sort_by(.b), INDEX(.b)
null	[limit(0; 1, 2)], [first(range(5))], [nth(2; range(5))], [last(range(5))], isempty(empty), [skip(2; range(4))]
null	limit(-1; 1)
null	input
null	[inputs]
null	$__loc__, ([$__prog_args?] | length)?
null	splits("a")
null	"abc" | sub("(?<x>b)"; "[\\(.x)]"), gsub("[ac]"; "_"), gsub("^"; ">"), gsub(""; "-"), [scan("(a)(b)?")]
null	"aXbX" | ascii_downcase, (ascii_upcase | explode | map(. + 1) | implode), tojson, (tojson | fromjson)
null	[1, 1.0, 1.5, "1", null] | unique, (map(tostring)), (map(tojson)), (map(tonumber?))
null	"0x10" | tonumber
null	"1e3", " 1", "nan", "-5", "" | try tonumber catch "no"
null	[.[]?], .a?, (try error("x") catch .), (try error({a: 1}) catch .a), ([.[]?] | length)
null	def f(g): [g, g]; f(1, 2), def h($a; $b): $a + $b; h(1; 2)
null	. as [$a, {b: $c}] | [$a, $c]
null	{"a": 1} as {a: $x} | {"b": 2} as {$b} | [$x, $b], {(("a", "b")): (1, 2)}
null	if . then 1 end, if 1 == 1 then "y" else "n" end, if false then 1 elif null then 2 else 3 end
null	1 as $x | 2 as $y | [$x, $y, $__loc__.line], "\\($x + $y)"
null	[.[] as $x | $x]?, (null | not), (1 | not), (true and false), (null or 1), (false // 2), (empty // 3)
null	ltrimstr(1), ("a" | ltrimstr(1)), ("abc" | trimstr("a")), toarray, ([1] | toarray), (1 | abs), (-1.5 | abs)
null	[1, 2, 3, 4] | have_literal_numbers, (.[2:4] | length), IN(.[]; 2), (.[] | IN(2, 3)), any(. > 3), getpath([9])
null	ascii(65), ([65] | implode), @json "x\\(1 + 1)", ("\\(1;2)"?)
null	getpath(["a", "b"]), setpath(["a", 0]; 1), try delpaths([[0]]) catch ., to_entries?
null	splits
null	[1, [2]] | getpath([1, 0]), (paths | tojson), error
null	{"a": nan} | tojson, .a, (.a | tostring)
null	[pow(2; 10), log2, exp10?, (2 | sqrt), (1.5 | floor, ceil, round), (10 | log10), (5 | significand)]
null	ltrimstr("x"), significand?, gamma?, frexp?, (8 | frexp), (1.5 | modf), ([1, 2] | ldexp(.[0]; .[1]))
null	@uri "\\("a b&c/é")", ("a%20b" | @urid), ("é" | @uri)
null	env | type, ($ENV | type), (input_filename), ("x" | ltrimstr("x") == "")
null	getpath(1)
null	{a: 1} | .a.b
null	[1] | .a
null	"x" | .[0]
null	{} | .[0]
null	[1, 2] | .["a"]
null	1 + "a", {} - 1, [] * 2
null	{} | keys | .[0] | length
null	{(1): 2}
null	"a" | tonumber
null	[] | first, last, (.[0]), add, min
null	"\\(1 + 2)\\("x" + "y")", "a" + "b" + null, null + 1
null	ascii_downcase
null	implode
null	[1114112] | implode
null	["a", 1] | join(", "), (["a", null, true] | join("-"))
null	[[1, 2], [3]] | .[][0], map(.[]), (.[0][1:] | length), flatten(0), (flatten(-1))?
null	tojson, ([nan, infinite, -infinite, null] | tojson), (1.0 | tojson), (1e17 | tojson), (1e-7 | tojson)
null	[range(0; 1; 0.3)], [range(3; 0)], range(1; 2), ([limit(3; range(10))] | add)
null	"test" | test("T"), test("T"; "i"), (["T", "i"] as $a | test($a)), [match("t"; "g").offset], capture("(?<n>e)")
null	def r: if . == null then 0 else . + 1 end; r | r | r
null	[splits("a";"b")?], ("a1b2" | [splits("[0-9]")]), ("aXbxc" | ascii_downcase | split("x"))
null	getpath(["x"]) = 3, (.x |= 4), ({} | .["a","b"] = 1), ([1, 2] | .[0, 1] |= . + 1)
null	([1, 2, 3] | .[1:] |= map(. * 10)), ({} | .a[1:3] = ["x"]), ([1, 2, 3, 4] | del(.[1:3])), ([[1, 2]] | .[0][0] = 9)
null	limit(3; range(1; 100)), first(empty), [.[]?, 1] | length
null	{"if": 1, "and": 2, "then": 3} | .if, .and, {if: 1}, .then
null	{"a b": 1}["a b"], {"a":{"b":2}}."a"."b", {"$x": 1}."$x", {a: 1}["a"]
null	"line one\\nline two" | split("\\n"), [match("(?m)^line (.*)$"; "g").captures[0].string], @json, ascii
null	[{"n": "b"}, {"n": "a"}] | sort_by(.n), (map(.n) | sort), (sort_by(.n, .m)), min_by(.n), (group_by(.n) | map(.[0].n))
null	[1, 2, 3] as [$a] | $a, ([[1, [2]]] | .[] as [$x, [$y]] | $x + $y), ({"k": [1, 2]} as {k: [$p, $q]} | $p + $q)
null	getpath(["a"]; 1)
null	tojson | fromjson | . == null, ("[1,2" | fromjson)
null	"nan" | fromjson
null	"[1e1000, -0, 1.10]" | fromjson, (fromjson | tojson), (fromjson | map(. + 0))
"""

CASES: list[tuple[list[str], str]] = [
    *(([program], "records") for program in RECORDS.splitlines()),
    *((["-s", program], "records") for program in SLURPED.splitlines()),
    *(
        ([program], given)
        for given, program in (line.split("\t", 1) for line in OTHERS.splitlines())
    ),
]
