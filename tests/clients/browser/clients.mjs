// What a page does with each client, with the library's defaults. report() is the test's.
const names = ["connected", "gap", "note"];
const modules = new URL("../node_modules", import.meta.url);

export function start(client, path) {
  return clients[client](path);
}

const clients = {
  EventSource: path => listen(new EventSource(path)),

  async EventStream(path) {
    const { EventStream } = await import(new URL("/client.js", document.baseURI));
    const source = new EventStream(path);
    listen(source);
    source.onend = () => report({ type: "stopped", reason: "end" });
  },

  async "reconnecting-eventsource"(path) {
    const { default: ReconnectingEventSource } = await import(`${modules}/reconnecting-eventsource/build/esm/reconnecting-eventsource.js`);
    listen(new ReconnectingEventSource(path));
  },

  async "fetch-event-source"(path) {
    const { fetchEventSource } = await import(`${modules}/@microsoft/fetch-event-source/lib/esm/index.js`);
    await fetchEventSource(path, {
      onmessage: ({ id, event, data }) => report({ type: "event", id, name: event, data }),
    });
    report({ type: "stopped", reason: "the promise is resolved" });
  },

  async "sse.js"(path) {
    const { SSE } = await import(`${modules}/sse.js/lib/sse.js`);
    // Its default is not to reconnect.
    const source = new SSE(path, { headers: { Accept: "text/event-stream" }, autoReconnect: true });
    source.addEventListener("open", () => report({ type: "open" }));
    for (const name of names) {
      source.addEventListener(name, event => report({ type: "event", id: event.lastEventId, name, data: event.data }));
    }
  },

  async htmx(path) {
    const { default: htmx } = await import(`${modules}/htmx.org/dist/htmx.esm.js`);
    window.htmx = htmx;
    await import(`${modules}/htmx.org/dist/ext/hx-sse.js`);
    document.body.innerHTML = `<div id="stream" hx-sse:connect="${path}"></div>`;
    const element = document.getElementById("stream");
    element.addEventListener("htmx:sse:after:connection", () => report({ type: "open" }));
    element.addEventListener("htmx:sse:close", event => report({ type: "stopped", reason: event.detail.reason }));
    element.addEventListener("htmx:sse:after:message", ({ detail: { message } }) =>
      report({ type: "event", id: message.id, name: message.event, data: message.data }));
    htmx.process(document.body);
  },

  // Datastar takes only events whose names begin with datastar; the first word of each line is the name of an argument.
  // It waits twice as long after each end, also if it was back in between, and gives up after the tenth.
  async datastar(path) {
    document.addEventListener("datastar-sse", ({ detail: { type, argsRaw } }) => {
      if (type === "finished") report({ type: "stopped", reason: "finished" });
      if (type === "datastar-merge-signals") report({ type: "event", id: "", name: type, data: argsRaw.signals });
    });
    document.body.innerHTML = `<div data-on-load="sse('${path}', { retryMaxWaitMs: 2000, retryMaxCount: 1000 })"></div>`;
    await import(`${modules}/@starfederation/datastar/dist/bundles/datastar.js`);
  },
};

function listen(source) {
  source.onopen = () => report({ type: "open" });
  source.onerror = () => {
    if (source.readyState === EventSource.CLOSED) report({ type: "stopped", reason: "closed" });
  };
  for (const name of names) {
    source.addEventListener(name, event => report({ type: "event", id: event.lastEventId, name, data: event.data }));
  }
}
