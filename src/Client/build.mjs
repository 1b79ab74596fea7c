// Builds the client into src/SseServer/Web, where the server embeds it. After: tsc -p .
// node build.mjs           writes the files
// node build.mjs --check   compares them with what is committed, and fails if they differ or if the core is too large
import { build } from "esbuild";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const MaxCoreBytes = 4096;
const web = new URL("../SseServer/Web/", import.meta.url);
const isCheck = process.argv.includes("--check");

const bundle = async entry => {
  const result = await build({
    entryPoints: [fileURLToPath(new URL(entry, import.meta.url))],
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    charset: "utf8",
    legalComments: "none",
    // Each file loads the others when it needs them.
    external: ["./client.js", "./client-tabs.js"],
    write: false,
  });
  return result.outputFiles[0].text;
};

const files = {
  "client.js": await bundle("client.ts"),
  "client-tabs.js": await bundle("client-tabs.ts"),
  "client-worker.js": await bundle("client-worker.ts"),
  "client.d.ts": readFileSync(new URL("types/client.d.ts", import.meta.url), "utf8"),
};

for (const [name, text] of Object.entries(files)) {
  const path = new URL(name, web);
  if (!isCheck) writeFileSync(path, text);
  else if (readFileSync(path, "utf8").replaceAll("\r\n", "\n") !== text) {
    console.error(`src/SseServer/Web/${name} is not what src/Client builds; run npm run build there and commit the result.`);
    process.exitCode = 1;
  }

  if (name.endsWith(".js")) console.log(`${name}: ${text.length} bytes, ${gzipSync(text, { level: 9 }).length} gzipped`);
}

const size = gzipSync(files["client.js"], { level: 9 }).length;
if (size > MaxCoreBytes) {
  console.error(`client.js has ${size} bytes gzipped; ${MaxCoreBytes} is the most.`);
  process.exitCode = 1;
}
