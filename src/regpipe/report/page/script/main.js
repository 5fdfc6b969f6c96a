// What is started when the page has been read.

async function start() {
  const index = await value("index", 0);
  startTable(index);
  document.documentElement.dataset.ready = "";
}

start();
