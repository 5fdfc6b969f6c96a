# The size of each image in the registry, compressed: layers, config and manifest.
# input: stream
# output: json
# reads: .ref .tag .digest repository platform layers .size .manifest.config.size .config.size
include "oci" {search: "./lib"};
if is_error then .
else
  layers_size as $layers
  | (manifest.config.size | numbers // null) as $config
  | (if _object(.manifest) then .size else null end) as $manifest
  | {
      ref, repository: repository, tag, digest, platform: platform,
      layers: (layers | length), compressed: true,
      layersSize: $layers, configSize: $config, manifestSize: $manifest,
      size: (if $layers == null then null else $layers + ($config // 0) + ($manifest // 0) end)
    }
end
