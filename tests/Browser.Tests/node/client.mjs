// Reads an event stream with the server's client and prints each event as one line of JSON: [type, data, lastEventId].
// node client.mjs CLIENT URL, or deno or bun, where CLIENT is the path of client.js
const [client, url] = process.argv.slice(2);
const { EventStream } = await import(client);

process.stdin.resume();
process.stdin.on("end", () => process.exit(0));

const source = new EventStream(url, { heartbeat: 1000 });
source.addEventListener("error", event => process.stderr.write(`${event.message}\n`));
for await (const event of source) process.stdout.write(JSON.stringify([event.type, event.data, event.lastEventId]) + "\n");
process.stdout.write(JSON.stringify(["end", "", ""]) + "\n");
process.exitCode = 0;
process.stdin.pause();
process.stdin.unref?.();
