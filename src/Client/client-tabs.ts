export function share(_stream: unknown, _link: {
  receive: (block: import("./client.js").Block) => void; say: (type: string, state: 0 | 1 | 2, about?: object) => void;
  [name: string]: unknown }): { close(): void } { return { close() {} } }
