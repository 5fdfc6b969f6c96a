// The timeline: what a mark stands for, by pointer and by keyboard.

function startTimeline(index, open) {
  const tip = byId("tip");
  const images = []; // of each repository its images with a date: [date, tags], by date
  const seen = new Map();
  for (let tag = 0; tag < index.image.length; tag++) {
    const number = index.image[tag];
    const image = seen.get(number);
    if (image) {
      image.tags.push(tag);
    } else if (index.date[tag] !== null) {
      const found = { date: index.date[tag], tags: [tag] };
      seen.set(number, found);
      (images[index.repository[tag]] ??= []).push(found);
    }
  }

  for (const lane of document.querySelectorAll(".lane[data-places]")) {
    const plot = lane.querySelector("svg");
    const label = plot.getAttribute("aria-label");
    let own; // the images of this lane, when first needed
    let at = -1;
    const here = draw("path", { class: "here" });

    const ready = () => (own ??= ranges(lane.dataset.places)
      .flatMap((place) => images[place] ?? []).sort((a, b) => a.date - b.date));

    function show(number) {
      at = number;
      const image = own[at];
      const x = (250 * (image.date - index.first)) / (index.last - index.first);
      here.setAttribute("d", `M${x} 0z`);
      plot.append(here);
      const names = image.tags.slice(0, 8).map((tag) => index.label(tag));
      const more = image.tags.length - names.length;
      const repository = index.repositories[index.repository[image.tags[0]]];
      tip.replaceChildren(
        make("strong", {}, shown(`${repository}:${names.join(", ")}`)),
        more > 0 ? ` and ${counted(more, "more tag")}` : "", make("br"), day(image.date));
      const box = plot.getBoundingClientRect();
      tip.classList.add("on");
      const left = box.left + (x / 250) * box.width - tip.offsetWidth / 2;
      tip.style.left = `${Math.max(4, Math.min(left, innerWidth - tip.offsetWidth - 4))}px`;
      tip.style.top = `${box.bottom + 6}px`;
      plot.setAttribute("aria-valuenow", at + 1);
      plot.setAttribute("aria-valuetext", plainText(`${names.join(", ")}, ${day(image.date)}`));
    }

    function hide() {
      here.remove();
      tip.classList.remove("on");
    }

    plot.addEventListener("pointermove", (event) => {
      if (!ready().length) return;
      const box = plot.getBoundingClientRect();
      const share = (event.clientX - box.left) / box.width;
      show(nearest(own, index.first + share * (index.last - index.first)));
    });
    plot.addEventListener("pointerleave", hide);
    plot.addEventListener("blur", hide);
    plot.addEventListener("click", () => {
      if (at < 0 || !ready().length) return;
      hide();
      open(own[at].tags[0]);
    });
    if (!ready().length) continue;
    for (const title of plot.querySelectorAll("title")) title.remove(); // the tip says more
    for (const [name, given] of Object.entries({
      role: "slider", tabindex: 0, "aria-valuemin": 1, "aria-valuemax": own.length, "aria-valuenow": own.length,
      "aria-label": label, "aria-valuetext": label,
    })) plot.setAttribute(name, given);
    plot.addEventListener("keydown", (event) => {
      const last = own.length - 1;
      const moves = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: last };
      if (event.key in moves) show(Math.max(0, Math.min(last, moves[event.key])));
      else if (event.key === "Enter" && at >= 0) open(own[at].tags[0]);
      else if (event.key === "Escape") hide();
      else return;
      event.preventDefault();
    });
  }
}

/** Numbers that are written as `0-9 12`. */
function ranges(written) {
  return written.split(" ").flatMap((range) => {
    const [first, last = first] = range.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, more) => first + more);
  });
}

/** The index of the image whose date is nearest. */
function nearest(images, date) {
  let low = 0, high = images.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (images[middle].date < date) low = middle + 1;
    else high = middle;
  }
  if (low > 0 && date - images[low - 1].date < images[low].date - date) low--;
  return low;
}
