// What is started when the page has been read.

async function start() {
  const index = await value("index", 0);
  index.label = (tag) => index.tag[tag];
  startTable(index);
  const open = startDrawer(index);
  startTimeline(index, open);
  startSharing(index);
  startRetention(index);
  document.documentElement.dataset.ready = "";
}

start();
