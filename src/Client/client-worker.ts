// The shared worker of client-tabs.ts: reads each stream once for all tabs that ask for it.
import { EventStream, type HeaderValues } from "./client.js";
import { createSource, type FromSource, type FromTab, type Source, type SourceOptions } from "./client-tabs.js";

interface Shared {
  source?: Source;
  ports: Set<MessagePort>;
}

// How long a tab may take to give header fields before another one is asked.
const Patience = 5000;

const streams = new Map<string, Shared>();
const answers = new Map<number, (headers: [string, string][]) => void>();
let asked = 0;

const post = (port: MessagePort, message: FromSource) => port.postMessage(message);

/** Asks the tabs, newest first: the others may be frozen or gone. */
const askForHeaders = async (ports: Set<MessagePort>): Promise<HeaderValues> => {
  for (const port of [...ports].reverse()) {
    const ask = ++asked;
    const headers = await new Promise<HeaderValues | undefined>(done => {
      const timer = setTimeout(() => done(undefined), Patience);
      answers.set(ask, headers => {
        clearTimeout(timer);
        done(headers);
      });
      post(port, { ask });
    });
    answers.delete(ask);
    if (headers) return headers;
  }

  throw new Error("No tab gave the header fields.");
};

const join = (port: MessagePort, { key, url, id, hasHeaders, options }: SourceOptions) => {
  const shared = streams.get(key) ?? { ports: new Set() };
  streams.set(key, shared);
  shared.ports.add(port);
  if (!shared.source || shared.source.state === 2) {
    const headers = hasHeaders ? () => askForHeaders(shared.ports) : undefined;
    shared.source = createSource(EventStream, url, id, { ...options, headers }, message => {
      for (const port of shared.ports) post(port, message);
    });
  }

  return shared;
};

const leave = (port: MessagePort, shared?: Shared) => {
  shared?.ports.delete(port);
  if (shared?.ports.size) return;
  shared?.source?.close();
  for (const [key, other] of streams) if (other === shared) streams.delete(key);
};

(globalThis as unknown as { onconnect: (event: MessageEvent) => void }).onconnect = ({ ports }) => {
  const port = ports[0]!;
  let shared: Shared | undefined;
  port.onmessage = ({ data }: MessageEvent<FromTab>) => {
    if (data.hello) shared = join(port, data.hello);
    if (data.bye) leave(port, shared);
    if (data.answer) answers.get(data.answer)?.(data.headers!);
    if ((data.hello || data.ping) && shared?.source) post(port, { at: shared.source.at, state: shared.source.state });
  };
  // Where browsers tell that a tab is gone.
  port.addEventListener("close", () => leave(port, shared));
};
