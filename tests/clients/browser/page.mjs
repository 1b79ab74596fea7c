// Runs one client of browsers in a page: node page.mjs URL CLIENT BROWSER, where BROWSER is the WebSocket address of a running Chromium or
// the path of a Firefox, which is started. The page has the server's origin, and its token travels in a cookie.
import puppeteer from "puppeteer-core";
import { report, token, url } from "../node/report.mjs";
import { serveModules } from "./modules.mjs";

let value = "";
const [client, address] = process.argv.slice(3);
const browser = address.startsWith("ws:")
  ? await puppeteer.connect({ browserWSEndpoint: address })
  : await puppeteer.launch({
    browser: "firefox",
    executablePath: address,
    // Or the page would be the viewer of JSON, which runs no scripts of others.
    extraPrefsFirefox: { "devtools.jsonview.enabled": false },
  });
// A context of its own: within one, a browser opens at most six connections to an origin.
const context = await browser.createBrowserContext();
const page = await context.newPage();
page.on("console", message => report({ type: "console", text: message.text() }));
page.on("pageerror", error => report({ type: "console", text: error.message }));

await page.goto(new URL("/healthz", url).href);
await page.exposeFunction("report", report);
await setToken();
setInterval(setToken, 200);
const modules = await serveModules();
await page.evaluate(`
  document.head.innerHTML = "";
  const map = document.createElement("script");
  map.type = "importmap";
  map.textContent = JSON.stringify({ imports: { "~/": "${modules}/node_modules/@starfederation/datastar/dist/" } });
  document.head.append(map);
  import("${modules}/browser/clients.mjs").then(clients => clients.start("${client}", "${new URL(url).pathname}"));
`);

async function setToken() {
  if (value === token()) return;
  value = token();
  await context.setCookie({ name: "sse-token", value, domain: new URL(url).hostname, path: "/" });
}
