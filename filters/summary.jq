# Tag, digest, platform, creation date and image id of each image; the default.
# input: stream
# output: json
if has("error") then .
else
  (try (.history[0].v1Compatibility | fromjson) catch null) as $v1
  | {
      ref, repository, tag, digest,
      platform: (.platform | if . then [.os, .architecture, .variant | strings] | join("/") else null end),
      info: {
        created: ($v1.created // .config.created // .created),
        sha: ($v1.config.Image | if . == null or . == "" then null else . end) 
      }
    }
  | .info.sha //= .digest
end
