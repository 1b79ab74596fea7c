// npm's eventsource-client. It reads a response of any status as a stream, and only a 204 stops it.
import { createEventSource } from "eventsource-client";
import { report, token, url } from "./report.mjs";

const source = createEventSource({
  url,
  fetch: (target, init) => fetch(target, { ...init, headers: { ...init.headers, Authorization: `Bearer ${token()}` } }),
  onConnect: () => report({ type: "open" }),
  onMessage: ({ id, event, data }) => report({ type: "event", id, name: event, data }),
  onDisconnect: () => setTimeout(() => source.readyState === "closed" && report({ type: "stopped", reason: "204" })),
});
