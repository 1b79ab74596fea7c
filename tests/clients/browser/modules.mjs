// Serves this folder's scripts to pages, on a loopback port of the system's choice. As for node, a module without an extension is a .js
// file or a folder's index.js.
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
const root = new URL("..", import.meta.url);

export async function serveModules() {
  const server = createServer(async (request, response) => {
    response.setHeader("Access-Control-Allow-Origin", "*");
    try {
      const text = await readFile(new URL(request.url.slice(1), root));
      response.setHeader("Content-Type", "text/javascript").end(text);
    } catch {
      const ending = [".js", "/index.js"].find(ending => existsSync(new URL(request.url.slice(1) + ending, root)));
      if (ending) response.writeHead(302, { Location: request.url + ending }).end();
      else response.writeHead(404).end();
    }
  });
  await new Promise(resolve => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${server.address().port}`;
}
