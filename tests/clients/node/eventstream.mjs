// The server's own client, as the server serves it.
import { report, token, url } from "./report.mjs";

const script = await (await fetch(new URL("/client.js", url))).text();
const { EventStream } = await import(`data:text/javascript,${encodeURIComponent(script)}`);

const source = new EventStream(url, { headers: () => ({ Authorization: `Bearer ${token()}` }) });
source.onopen = () => report({ type: "open" });
source.onend = () => report({ type: "stopped", reason: "204" });
source.onerror = error => {
  if (source.readyState === EventStream.CLOSED) report({ type: "stopped", reason: error.message });
};
for (const name of ["connected", "gap", "note"]) {
  source.addEventListener(name, event => report({ type: "event", id: event.lastEventId, name, data: event.data }));
}
