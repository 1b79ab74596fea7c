// Publishes files as binary events, reads them back in both encodings, and prints how many bytes each takes on the wire, plain and gzipped,
// and how fast the browser client decodes it. Needs node 20 and a running server:
// node bench/Binary/measure.mjs http://127.0.0.1:8080 [FILE...]
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { gzipSync } from "node:zlib";

const [server, ...files] = process.argv.slice(2);
const { EventStream } = await import(`data:text/javascript,${encodeURIComponent(await (await fetch(`${server}/client.js`)).text())}`);
const samples = [["random", randomBytes(1_000_000)], ...files.map(file => [basename(file), readFileSync(file)])];

const percent = (size, data) => `${((size / data.length - 1) * 100).toFixed(1)} %`;

for (const [name, data] of samples) {
  const topic = `measure/${randomBytes(6).toString("hex")}`;
  const reply = await fetch(`${server}/events/${topic}`, { method: "POST", headers: { "Content-Type": "application/octet-stream" }, body: data });
  if (reply.status !== 201) throw new Error(`${name}: ${await reply.text()}`);
  for (const encoding of ["base64", "base128"]) {
    const url = `${server}/events/${topic}?since=all&encoding=${encoding}`;
    const wire = new Uint8Array(await (await fetch(`${url}&poll=0s&greeting=none`, { headers: { Accept: "text/event-stream" } })).arrayBuffer());
    const line = Buffer.from(wire).toString("latin1").match(/^data:.*$/m)[0];
    const gzipped = gzipSync(Buffer.from(line, "latin1"), { level: 6 }).length;
    const body = wire.slice();
    let best = Infinity;
    for (let round = 0; round < 10; round++) {
      const start = performance.now();
      const got = await new Promise((done, fail) => {
        const source = new EventStream(url, {
          binary: true, heartbeat: 0,
          fetch: async () => new Response(body, { headers: { "Content-Type": "text/event-stream" } }),
        });
        source.onmessage = event => { source.close(); done(event.data); };
        source.onerror = event => { source.close(); fail(new Error(event.message)); };
      });
      best = Math.min(best, performance.now() - start);
      if (Buffer.compare(Buffer.from(got), data) !== 0) throw new Error(`${name} came back changed in ${encoding}.`);
    }

    console.log(`| ${name} | ${data.length} | ${encoding} | ${percent(line.length - 5, data)} | ${percent(gzipped, data)} | ${(data.length / best / 1000).toFixed(0)} MB/s |`);
  }
}
