// The table: the tree of repositories, or a list of what was filtered or sorted.

const PART = 200; // rows that are shown of a list at once

function startTable(index) {
  const table = byId("table");
  if (!table) return;
  const rows = Array.from(table.querySelectorAll(".rows tr"));
  const list = byId("list"), more = byId("more"), output = byId("shown");
  const filter = byId("filter"), choice = byId("repository"), clear = byId("clear");
  const collator = new Intl.Collator("en", { numeric: true });
  const texts = []; // what the filter looks at, in small letters, when first needed
  const sorting = { key: null, descending: false };
  let found = [];

  tree(table);
  for (const [number, name] of index.repositories.entries()) {
    choice.append(make("option", { value: number }, plainText(name)));
  }
  for (const heading of table.querySelectorAll("thead th[data-sort]")) {
    const button = make("button", { type: "button" }, heading.textContent);
    heading.replaceChildren(button);
    heading.setAttribute("aria-sort", "none");
    button.addEventListener("click", () => sort(heading.dataset.sort));
  }

  function text(number) {
    const name = index.repositories[index.repository[number]];
    const digest = rows[number].cells[6].title;
    return (texts[number] ??= `${name}:${rows[number].textContent} ${digest}`.toLowerCase());
  }

  const keys = {
    tag: (number) => index.tag[number],
    kind: (number) => rows[number].cells[4].textContent,
    date: (number) => index.date[number],
    size: (number) => index.size[number],
  };

  function compare(one, other) {
    const [a, b] = [keys[sorting.key](one), keys[sorting.key](other)];
    if (a == null || b == null) return (a == null) - (b == null) || one - other; // unknown is last
    const order = typeof a === "number" ? a - b : collator.compare(a, b);
    return (sorting.descending ? -order : order) || one - other;
  }

  function sort(key) {
    const first = key === "date" || key === "size"; // the newest or the largest
    sorting.descending = sorting.key === key ? !sorting.descending : first;
    sorting.key = key;
    update();
  }

  function update() {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    const repository = choice.value === "" ? null : Number(choice.value);
    const listed = words.length > 0 || repository !== null || sorting.key !== null;
    table.classList.toggle("listed", listed);
    clear.disabled = !listed;
    for (const heading of table.querySelectorAll("[aria-sort]")) {
      const order = sorting.descending ? "descending" : "ascending";
      heading.setAttribute("aria-sort", heading.dataset.sort === sorting.key ? order : "none");
    }
    found = [];
    for (let number = 0; number < rows.length; number++) {
      if (repository !== null && index.repository[number] !== repository) continue;
      if (words.every((word) => text(number).includes(word))) found.push(number);
    }
    if (sorting.key) found.sort(compare);
    list.replaceChildren();
    more.hidden = true;
    if (listed) show();
    output.value = !listed || found.length === rows.length
      ? counted(rows.length, "tag")
      : `${found.length.toLocaleString("en")} of ${counted(rows.length, "tag")}`;
  }

  function show() {
    const begin = list.rows.length;
    for (const number of found.slice(begin, begin + PART)) {
      const row = rows[number].cloneNode(true);
      row.removeAttribute("id");
      row.dataset.tag = number;
      const name = index.repositories[index.repository[number]];
      row.cells[0].prepend(make("span", { class: "repo" }, shown(name)), " ");
      list.append(row);
    }
    const left = found.length - list.rows.length;
    more.hidden = left === 0;
    more.textContent = `Show ${Math.min(left, PART)} more of ${left.toLocaleString("en")}`;
  }

  let waiting;
  filter.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(update, 80);
  });
  choice.addEventListener("change", update);
  filter.form.addEventListener("submit", (event) => event.preventDefault());
  more.addEventListener("click", show);
  clear.addEventListener("click", () => {
    filter.value = choice.value = "";
    sorting.key = null;
    update();
  });
  update();
}

/** Lets the lines of the tree open and close what is below them. */
function tree(table) {
  const bodies = Array.from(table.querySelectorAll("tbody.node, tbody.rows"));

  function arrange() {
    let closed = Infinity; // the depth of the closed line that what follows is in
    for (const body of bodies) {
      if (body.className === "rows") {
        body.hidden = closed !== Infinity;
        continue;
      }
      const depth = Number(body.dataset.depth);
      if (depth <= closed) closed = Infinity;
      body.hidden = closed !== Infinity;
      if (!body.hidden && "closed" in body.dataset) closed = depth;
    }
  }

  for (const body of bodies) {
    if (body.className === "rows") continue;
    const heading = body.rows[0].cells[0];
    const button = make("button", { type: "button", "aria-expanded": !("closed" in body.dataset) });
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => {
      if ("closed" in body.dataset) delete body.dataset.closed;
      else body.dataset.closed = "";
      button.setAttribute("aria-expanded", !("closed" in body.dataset));
      arrange();
    });
  }
  arrange();
}
