# The layers of each image, the lowest first: digest, media type, compressed size and diff_id.
# input: stream
# output: json
# copies: .ref .tag repository platform layers image_config .config.rootfs.diff_ids[] .rootfs.diff_ids[] needs_manifests
include "oci" {search: "./lib"};
needs_manifests("layers")
| if is_error then .
  else
    {ref, repository: repository, tag, platform: platform} as $image
    | _array(image_config.rootfs.diff_ids) as $diff_ids
    | foreach layers[] as $layer (-1; . + 1;
        $image + {layer: (. + 1)} + $layer + {diffId: $diff_ids[.]}
      )
  end
