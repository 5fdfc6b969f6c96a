// The data: lines of JSON, compressed with raw deflate, as base64.

const unpacked = {};

/** The lines of a block; unpacked when it is first asked for. */
function lines(name) {
  unpacked[name] ??= (async () => {
    const text = atob(byId("data-" + name).textContent);
    const packed = new Uint8Array(text.length);
    for (let at = 0; at < text.length; at++) packed[at] = text.charCodeAt(at);
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    return (await new Response(stream).text()).split("\n");
  })();
  return unpacked[name];
}

/** One value of a block. */
async function value(name, number) {
  return JSON.parse((await lines(name))[number]);
}
