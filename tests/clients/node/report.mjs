import { readFileSync } from "node:fs";

// What every client program prints: one line of JSON for each thing that the library lets its user see. The test reads them.
//   {"type":"open"}                                   a response began
//   {"type":"event","id":"1-0","name":"x","data":"y"} an event arrived
//   {"type":"stopped","reason":"204"}                 the client will not reconnect
export function report(line) {
  process.stdout.write(JSON.stringify(line) + "\n");
}

// The token of the next connection. The test replaces it in its file, as an application would fetch a fresh one.
export function token() {
  return readFileSync(process.env.TOKEN_FILE, "utf8");
}

export const url = process.argv[2];

// The test closes standard input when it is done, also when it fails.
process.stdin.resume().on("end", () => process.exit());
