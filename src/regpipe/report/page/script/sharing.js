// Layer sharing: the layer that is pointed at in all bars, the tags that use it, and more bars.

const BARS = 40; // bars that are added at once

function startSharing(index) {
  const rest = byId("more-totals");
  rest?.addEventListener("click", () => {
    document.querySelector(".totals .rest").classList.add("open");
    rest.hidden = true;
  });
  const bars = byId("bars"), said = byId("layer"), more = byId("more-bars");
  if (!bars) return;
  let data, uses;

  async function load() {
    if (data) return;
    const loaded = await value("sharing", 0);
    uses = loaded.size.map(() => []);
    for (const [bar, [, , , , ...layers]] of loaded.bars.entries()) {
      for (const layer of layers) uses[layer].push(bar);
    }
    data = loaded;
  }

  const name = (tag) => `${index.repositories[index.repository[tag]]}:${index.label(tag)}`;

  async function point(layer) {
    await load();
    for (const rect of bars.querySelectorAll("rect")) {
      rect.classList.toggle("on", rect.dataset.layer === layer);
    }
    const users = uses[layer].map((bar) => data.bars[bar]);
    const tags = users.flatMap((bar) => bar[1]);
    const digest = JSON.parse((await lines("layers"))[layer]);
    const names = tags.slice(0, 12).map(name).join(", ");
    const hidden = data.images[layer] - users.length; // images without a bar
    const left = [
      tags.length > 12 ? ` and ${counted(tags.length - 12, "more tag")}` : "",
      hidden > 0 ? `, and ${counted(hidden, "image")} without a bar` : "",
    ].join("");
    said.replaceChildren(
      "Layer ", make("code", {}, shown(digest.slice(0, 19))), ` ${bytes(data.size[layer])} in `,
      `${counted(data.images[layer], "image")}: `, ...shown(names), left);
  }

  function bar([platform, tags, size, exclusive, ...layers]) {
    const plot = draw("svg", {
      role: "img", viewBox: "0 0 1000 1", preserveAspectRatio: "none",
      "aria-label": `${bytes(size)}, of which ${bytes(exclusive)} in this image only`,
    });
    let x = 0;
    for (const layer of layers) {
      const width = Math.max(0, 1000 * (data.size[layer] / (data.bars[0][2] || 1)));
      const rect = draw("rect", { x, width, "data-layer": layer });
      if (data.images[layer] < 2) rect.setAttribute("class", "alone");
      plot.append(rect);
      x += width;
    }
    const others = tags.length > 1 ? ` and ${counted(tags.length - 1, "more tag")}` : "";
    return make("div", { class: "stack" },
      make("span", { class: "name" }, make("a", { href: "#t" + tags[0] }, shown(name(tags[0]))),
        " ", make("small", {}, ...shown(platform), others)),
      plot,
      make("span", { class: "figures" }, bytes(size), " ", make("small", {}, `${bytes(exclusive)} alone`)));
  }

  bars.addEventListener("pointerover", (event) => {
    const layer = event.target.closest("[data-layer]")?.dataset.layer;
    if (layer !== undefined) point(layer);
  });
  if (!more) return;
  more.hidden = false;
  more.addEventListener("click", async () => {
    await load();
    const begin = bars.childElementCount;
    bars.append(...data.bars.slice(begin, begin + BARS).map(bar));
    more.hidden = bars.childElementCount >= data.bars.length;
  });
}
