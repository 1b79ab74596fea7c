// Opens tabs of one profile in a Firefox, each of which reads with the server's own client:
// node tabs.mjs FIREFOX URL COUNT OPTIONS, where OPTIONS are the client's, in JavaScript.
// Prints [tab, type, data] of the events of each tab, as JSON lines, and [] once all tabs are there. Ends when its input ends.
import puppeteer from "puppeteer-core";

const [firefox, url, count, options] = process.argv.slice(2);
const browser = await puppeteer.launch({
  browser: "firefox",
  executablePath: firefox,
  // Or the page would be the viewer of JSON, which runs no scripts of others.
  extraPrefsFirefox: { "devtools.jsonview.enabled": false },
});
const print = (...line) => console.log(JSON.stringify(line));
process.stdin.on("end", () => browser.close().finally(() => process.exit())).resume();

for (let tab = 0; tab < count; tab++) {
  const page = await browser.newPage();
  page.on("pageerror", error => print(tab, "pageerror", error.message));
  await page.exposeFunction("print", print);
  await page.goto(new URL("/healthz", url).href);
  await page.evaluate(`(async () => {
    const { EventStream } = await import("/client.js");
    window.source = new EventStream("${url}", ${options});
    for (const type of ["open", "error", "end", "message", "gap"])
      source.addEventListener(type, event => print(${tab}, type, event.data ?? ""));
  })()`);
}

print();
