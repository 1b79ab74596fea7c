// Reads an event stream with npm's EventSource and prints each event as one line of JSON: [type, data, lastEventId].
// node read.mjs URL TYPE...
import { EventSource } from "eventsource";

const [url, ...types] = process.argv.slice(2);
const source = new EventSource(url);
for (const type of types)
  source.addEventListener(type, event => process.stdout.write(JSON.stringify([event.type, event.data, event.lastEventId]) + "\n"));

// Closed for good: it does not come back.
source.addEventListener("error", () => {
  if (source.readyState === EventSource.CLOSED) process.stdout.write(JSON.stringify(["closed", "", ""]) + "\n");
});

// The test closes standard input when it has seen enough, also when it fails.
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
