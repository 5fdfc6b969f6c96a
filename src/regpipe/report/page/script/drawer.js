// The drawer: everything there is about one image.

const SOURCES = { config: "config", annotation: "an annotation", label: "a label", history: "history" };

function startDrawer(index) {
  const drawer = byId("drawer");

  async function open(tag) {
    const number = index.image[tag];
    if (number === undefined) return;
    const image = await value("details", number);
    drawer.replaceChildren(...content(image, tag, await lines("layers")));
    if (drawer.open) drawer.querySelector(".close").focus(); // the link that was followed is gone
    else drawer.showModal();
    drawer.scrollTop = 0;
    history.replaceState(null, "", "#t" + tag);
  }

  function content(image, tag, layers) {
    const close = make("button", { type: "button", class: "close", "aria-label": "Close" }, "×");
    close.addEventListener("click", () => drawer.close());
    const name = image.repository ?? "";
    const title = make("h2", { id: "drawer-title" }, shown(`${name}:${index.label(tag)}`));
    const nodes = [make("div", { class: "head" }, title, close)];
    if (image.pinned || image.digest) nodes.push(copyable(image.pinned ?? image.digest));
    const facts = [
      ["Registry", image.registry],
      ["Tags", image.tags.map((each) => index.label(each)).join(", ")],
      ["Kind", image.kind],
      ["Marks", image.marks?.join(", ")],
    ];
    nodes.push(list(facts));
    if (image.base) nodes.push(base(image.base));
    const many = image.variants.length > 1;
    for (const [at, each] of image.variants.entries()) {
      const parts = variant(each, layers);
      if (!many) nodes.push(...parts);
      else {
        const summary = make("summary", {}, shown(each.platform ?? each.digest ?? "unknown platform"),
          " ", make("small", {}, bytes(each.size)));
        const box = make("details", {}, summary, parts);
        box.open = at === 0;
        nodes.push(box);
      }
    }
    return nodes;
  }

  function base({ name, lineage, tag }) {
    const text = lineage === "exact" ? "its layers begin with those of " : "declared to be ";
    const link = tag === undefined ? make("code", {}, shown(name))
      : make("a", { href: "#t" + tag }, shown(name));
    return make("p", {}, make("strong", {}, "Base: "), text, link);
  }

  function variant(each, layers) {
    const dated = each.createdFrom && SOURCES[each.createdFrom];
    const nodes = [list([
      ["Platform", each.platform],
      ["Size", each.size == null ? undefined : bytes(each.size) + " compressed"],
      ["Created", each.created && each.created + (dated ? `, from ${dated}` : "")],
      ["Built", each.built],
      ["No date", each.undated],
      ["Author", each.author],
      ["Digest", each.digest],
      ["Media type", each.mediaType],
      ["Artifact type", each.artifactType],
    ])];
    for (const warning of each.warnings ?? []) {
      nodes.push(make("p", { class: "warning" }, shown(text(warning))));
    }
    if (each.steps) nodes.push(make("h3", {}, "Build steps"), steps(each.steps, layers));
    for (const [title, values] of [
      ["Config", each.config], ["Labels", each.labels], ["Annotations", each.annotations],
      ["Annotations of the index", each.indexAnnotations],
    ]) {
      if (values && Object.keys(values).length) {
        nodes.push(make("h3", {}, title), list(Object.entries(values)));
      }
    }
    nodes.push(...referrers(each));
    return nodes;
  }

  function steps(found, layers) {
    const largest = Math.max(1, ...found.map((step) => Number(step[2]) || 0));
    const rows = found.map(([instruction, layer, size, created]) => {
      const digest = typeof layer === "number" ? layers[layer].slice(1, -1) : layer;
      const bar = make("span", { class: "bar" });
      bar.style.width = `${(60 * (Number(size) || 0)) / largest}px`;
      const row = make("tr", {},
        make("td", { class: "size" }, size == null ? "" : bytes(Number(size)), bar),
        make("td", {}, make("code", {}, instruction == null ? [make("i", {}, "unknown step")] : shown(instruction))));
      row.title = plainText([digest, created].filter(Boolean).join("\n"));
      return row;
    });
    return make("div", { class: "scroll" }, make("table", { class: "steps" },
      make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "Size"),
        make("th", { scope: "col" }, "Step"))),
      make("tbody", {}, rows)));
  }

  function referrers({ referrers: found, asked }) {
    if (!found) return asked ? [make("h3", {}, "Referrers"), make("p", {}, "None.")] : [];
    const rows = found.map((each) => make("li", {},
      shown(text(each.artifactType ?? each.mediaType ?? "unknown type")), " ",
      make("small", {}, shown(`${bytes(each.size)}, found by ${text(each.foundBy ?? "?")}`)),
      make("br"), make("code", {}, shown(text(each.digest ?? ""))),
      each.predicateTypes ? list([["Statements", each.predicateTypes]]) : "",
      each.annotations ? list(Object.entries(each.annotations)) : ""));
    return [make("h3", {}, "Referrers"), make("ul", { class: "referrers" }, rows)];
  }

  /** Copies the digest, with its repository, of a cell of the table, and says so. */
  async function copied(cell) {
    await copy(cell.title, cell);
    const tip = byId("tip");
    tip.replaceChildren("Copied ", make("code", {}, cell.title));
    tip.classList.add("on");
    const box = cell.getBoundingClientRect();
    tip.style.left = `${Math.max(4, box.right - tip.offsetWidth)}px`;
    tip.style.top = `${box.bottom}px`;
    setTimeout(() => tip.classList.remove("on"), 1500);
  }

  drawer.addEventListener("click", (event) => {
    if (event.target === drawer) drawer.close();
  });
  drawer.addEventListener("close", () => history.replaceState(null, "", location.pathname + location.search));
  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#t"]');
    const row = event.target.closest("#table tr[data-tag], #table .rows tr");
    const tag = /^#t(\d+)$/.exec(link?.getAttribute("href") ?? "")?.[1];
    const digest = event.target.closest("#table td:nth-child(7)[title]");
    if (tag !== undefined) {
      event.preventDefault();
      open(Number(tag));
    } else if (digest?.title) {
      copied(digest);
    } else if (row && !event.target.closest("button, a") && getSelection().isCollapsed) {
      open(Number(row.dataset.tag ?? row.id.slice(1)));
    }
  });
  const asked = /^#t(\d+)$/.exec(location.hash);
  if (asked) open(Number(asked[1]));
  return open;
}

/** A value as text: strings as they are, anything else as JSON. */
function text(value) {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** A description list of names and values; those without a value are left out. */
function list(entries) {
  const nodes = [];
  for (const [name, given] of entries) {
    if (given == null || given === "") continue;
    const values = Array.isArray(given) ? given : [given];
    nodes.push(make("dt", {}, shown(name)));
    for (const each of values) nodes.push(make("dd", {}, shown(text(each))));
  }
  return make("dl", { class: "fields" }, nodes);
}

/** Copies a line of text; where the clipboard is not to be had, what a node shows of it. */
async function copy(line, node) {
  try {
    await navigator.clipboard.writeText(line);
  } catch {
    getSelection().selectAllChildren(node);
    document.execCommand("copy");
  }
}

/** A line of text with a button that copies it. */
function copyable(line) {
  const button = make("button", { type: "button" }, "Copy");
  const code = make("code", {}, shown(line));
  button.addEventListener("click", async () => {
    await copy(line, code);
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), 1500);
  });
  return make("p", { class: "copy" }, code, " ", button);
}
