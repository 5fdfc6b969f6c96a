// The data: lines of JSON, compressed with raw deflate, as base64.

const unpacked = {};

/** The lines of a block; unpacked when it is first asked for. */
function lines(name) {
  unpacked[name] ??= (async () => {
    const packed = Uint8Array.from(atob(byId("data-" + name).textContent), (c) => c.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    return (await new Response(stream).text()).split("\n");
  })();
  return unpacked[name];
}

/** One value of a block. */
async function value(name, number) {
  return JSON.parse((await lines(name))[number]);
}
