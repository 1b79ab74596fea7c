// npm's eventsource: the API of the browsers. Its fetch option adds a header.
import { EventSource } from "eventsource";
import { report, token, url } from "./report.mjs";

const source = new EventSource(url, {
  fetch: (target, init) => fetch(target, { ...init, headers: { ...init.headers, Authorization: `Bearer ${token()}` } }),
});
source.onopen = () => report({ type: "open" });
source.onerror = error => {
  if (source.readyState === EventSource.CLOSED) report({ type: "stopped", reason: `${error.code}` });
};
for (const name of ["connected", "gap", "note"]) {
  source.addEventListener(name, event => report({ type: "event", id: event.lastEventId, name, data: event.data }));
}
