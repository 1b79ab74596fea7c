// The EventSource of undici. Its dispatcher adds a header.
import { Agent, EventSource } from "undici";
import { report, token, url } from "./report.mjs";

const dispatcher = new Agent().compose(dispatch => (options, handler) => {
  options.headers.authorization = `Bearer ${token()}`;
  return dispatch(options, handler);
});
const source = new EventSource(url, { dispatcher });
source.onopen = () => report({ type: "open" });
source.onerror = () => {
  if (source.readyState === EventSource.CLOSED) report({ type: "stopped", reason: "error" });
};
for (const name of ["connected", "gap", "note"]) {
  source.addEventListener(name, event => report({ type: "event", id: event.lastEventId, name, data: event.data }));
}
