// What could be deleted, under the setting that is chosen.

const VERDICTS = 25; // lines that are shown at once

function startRetention(index) {
  const form = byId("settings"), body = byId("verdicts"), more = byId("more-verdicts");
  if (!form) return;
  form.hidden = false;
  let lines_ = [], reasons = [];

  async function choose() {
    const chosen = `${form.elements.keep.value}/${form.elements.days.value}`;
    const data = await value("retention", 0);
    lines_ = verdicts(data, chosen);
    reasons = data.reasons;
    const going = lines_.filter(([, deletable]) => deletable).length;
    byId("verdict").textContent = sentence(going, lines_.length - going);
    byId("noted").hidden = !data.noted[chosen];
    byId("noted").querySelector("span").textContent = counted(data.noted[chosen], "tag");
    body.closest(".scroll").hidden = !lines_.length;
    for (const cell of document.querySelectorAll("[data-setting]")) {
      cell.classList.toggle("chosen", cell.dataset.setting === chosen);
    }
    body.replaceChildren();
    show();
  }

  function show() {
    const begin = body.rows.length;
    const end = begin + (begin ? 4 * VERDICTS : VERDICTS);
    for (const [tag, deletable, reason] of lines_.slice(begin, end)) {
      const name = typeof tag === "number"
        ? make("a", { href: "#t" + tag }, shown(`${index.repositories[index.repository[tag]]}:${index.label(tag)}`))
        : make("span", {}, shown(tag));
      const date = typeof tag === "number" ? index.date[tag] : null;
      body.append(make("tr", {}, make("th", { scope: "row" }, name),
        make("td", {}, date === null ? "" : day(date)),
        make("td", { class: deletable ? "going" : "" }, deletable ? "could be deleted" : "stays"),
        make("td", {}, shown(reasons[reason]))));
    }
    const left = lines_.length - body.rows.length;
    more.hidden = left === 0;
    more.textContent = `Show ${Math.min(left, 4 * VERDICTS)} more of ${left.toLocaleString("en")}`;
  }

  form.addEventListener("change", choose);
  more.addEventListener("click", show);
  choose();
}

/** The lines of a setting, [tag, deletable, reason]: what could be deleted first, in the table's order. */
function verdicts({ runs, tags }, setting) {
  const found = runs[setting].flatMap(([first, count, deletable, reason]) =>
    tags.slice(first, first + count).map((tag) => [tag, deletable, reason]));
  const place = ([tag]) => (typeof tag === "number" ? tag : Infinity);
  return found.sort((one, other) => other[1] - one[1] || place(one) - place(other) || 0);
}

function sentence(going, staying) {
  const stays = staying ? `; ${counted(staying, "other old or undated tag")} would stay` : "";
  return `${counted(going, "tag")} could be deleted${stays}.`;
}
