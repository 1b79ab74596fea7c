// npm's event-source-plus, with its defaults.
import { EventSourcePlus } from "event-source-plus";
import { report, token, url } from "./report.mjs";

new EventSourcePlus(url, { headers: () => ({ Authorization: `Bearer ${token()}` }) }).listen({
  onResponse: () => report({ type: "open" }),
  onMessage: ({ id, event, data }) => report({ type: "event", id, name: event, data }),
});
