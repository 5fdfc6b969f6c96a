# The size of each image in the registry, compressed: layers, config and manifest.
# input: stream
# output: json
# reads: .ref .tag identity repository platform layers_size .manifest.fsLayers[]._ .fsLayers[]._
# reads: .image.size .manifest.config.size .config.size needs_manifests
include "oci" {search: "./lib"};
needs_manifests("sizes")
| if is_error then .
  else
    layers_size as $layers
    | (manifest.config.size | numbers // null) as $config
    | (.image.size? | numbers // null) as $manifest
    | {ref, repository: repository, tag} + identity + {
        platform: platform,
        layers: layers_count, compressed: true,
        layersSize: $layers, configSize: $config, manifestSize: $manifest,
        size: (if $layers == null then null else $layers + ($config // 0) + ($manifest // 0) end)
      }
  end
