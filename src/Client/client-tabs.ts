import type { Block, EventStream, EventStreamOptions } from "./client.js";

/** What the stream of a tab lends to the one connection. */
export interface Link {
  readonly url: string;
  readonly worker?: string | URL;
  readonly options: EventStreamOptions;
  /** The position of the tab. */
  id(): string;
  /** Moves the position, and dispatches an event if the block has one. */
  receive(block: Block): void;
  /** Dispatches an event of the client's own. */
  say(type: string, state: 0 | 1 | 2, about?: object): void;
}

/** Blocks that lead from one position to another; from a position to the same one if they have no id. */
interface Group {
  from: string;
  to: string;
  blocks: Block[];
}

/** From whoever reads the stream to the tabs. */
export interface FromSource {
  /** The groups since the last message. */
  groups?: Group[];
  /** Where the stream is, and its state: the answer to `hello` and `ping`. */
  at?: string;
  state?: 0 | 1 | 2;
  /** The stream dispatched an event of its own. */
  say?: string;
  about?: object;
  /** Asks one tab for its header fields. */
  ask?: number;
}

/** From a tab to whoever reads the stream. */
export interface FromTab {
  hello?: SourceOptions;
  ping?: true;
  bye?: true;
  answer?: number;
  headers?: [string, string][];
}

/** What a worker needs to read the stream for its tabs. */
export interface SourceOptions {
  key: string;
  url: string;
  id: string;
  hasHeaders: boolean;
  options: EventStreamOptions;
}

/** The one reader of the stream. */
export interface Source {
  readonly at: string;
  readonly state: 0 | 1 | 2;
  close(): void;
}

type Stream = typeof EventStream;

const Beat = 5000;

/** Where an id is in the order of all ids; before all of them if it is not one of the server's. */
const rankOf = (id: string) => {
  const [, milliseconds, sequence] = /^(\d+)-(\d+)$/.exec(id) ?? [];
  return milliseconds ? (BigInt(milliseconds) << 32n) + BigInt(sequence!) : -1n;
};

/** Reads the stream once for all tabs, and posts what it gets. */
export function createSource(
  Stream: Stream, url: string, id: string, options: EventStreamOptions, post: (message: FromSource) => void): Source {
  let at = id;
  let blocks: Block[] = [];
  let groups: Group[] = [];
  const flush = () => {
    if (groups.length) post({ groups });
    groups = [];
  };
  const stream = new Stream(url, {
    ...options,
    lastEventId: id,
    onBlock(block) {
      // The token is renewed here, once.
      blocks.push(block.type === "auth-expiring" ? { ...block, data: undefined } : block);
      // An event with a publisher's id has no place in the order before the block with the server's id has come.
      if (block.id !== at && rankOf(block.id) < 0n) return;
      if (groups.push({ from: at, to: block.id, blocks }) === 1) queueMicrotask(flush);
      blocks = [];
      at = block.id;
    },
  });
  for (const say of ["open", "error", "end", "polling"])
    stream.addEventListener(say, (event: any) => {
      flush();
      const { message, status, code, delay } = event;
      post({ say, state: stream.readyState, about: { message, status, code, delay } });
    });
  return {
    // What is posted after this is after it.
    get at() {
      flush();
      return at;
    },
    get state() {
      return stream.readyState;
    },
    close: () => stream.close(),
  };
}

/**
 * Connects a tab to the one stream that all tabs of its origin with the same URL share: a shared worker reads it; or, where there is none,
 * the tab that holds a lock; or each tab by itself. Whoever reads, each tab has a position of its own: it skips what is not after it, and
 * fetches by itself what it missed. So however the reader changes, the tab gets every event once and in order.
 */
export function share(Stream: Stream, link: Link) {
  const { url, options } = link;
  const { withCredentials, heartbeat, patience, poll, maxDelay, headers, fetch } = options;
  const plain = { withCredentials, heartbeat, patience, poll, maxDelay };
  const key = JSON.stringify(["sse-1", url, !!withCredentials]);
  const life = new AbortController();
  let hasBegun = false;
  // Where the shared stream is.
  let latest = "";
  let apart: EventStream | undefined;
  let state: 0 | 1 | 2 = 0;
  let heardAt = 0;
  let pingedAt = 0;
  let send: (message: FromTab) => void = () => {};
  let revive = () => {};
  // The shared stream has ended, and this tab has not got all of it.
  let finish = () => {};

  const isBehind = () => rankOf(link.id()) < rankOf(latest);

  const closeApart = () => {
    apart?.close();
    apart = undefined;
  };

  const catchUp = () => {
    closeApart();
    finish();
  };

  /** Fetches what the tab has not got of what the shared stream has brought, in complete responses. */
  const fetchMissing = () => {
    closeApart();
    const from = new URL(url);
    from.searchParams.set("poll", "0s");
    from.searchParams.set("limit", "1000");
    let hasBlocks = false;
    const stream = (apart = new Stream(from, {
      withCredentials, headers, fetch, patience, maxDelay, poll: 0, heartbeat: 0,
      lastEventId: link.id(),
      onBlock(block) {
        hasBlocks = true;
        link.receive(/^(connected|heartbeat|auth-expiring)$/.test(block.type) ? { ...block, data: undefined } : block);
      },
    }));
    const goOn = () => {
      if (stream !== apart || life.signal.aborted) return;
      if (!isBehind()) catchUp();
      else if (hasBlocks) fetchMissing();
    };
    stream.addEventListener("error", event => {
      if (stream.readyState === 2) link.say("error", 2, { message: event.message, status: event.status, code: event.code });
      else goOn();
    });
    // Nothing is left to fetch.
    stream.addEventListener("end", catchUp);
  };

  const take = ({ from, to, blocks }: Group) => {
    const id = link.id();
    const rank = rankOf(id);
    if (from === to ? rankOf(to) !== rank : rankOf(to) <= rank) return;
    // A stream that began without a position began anywhere.
    if (rankOf(from) > rank || (!from && id)) fetchMissing();
    else for (const block of blocks) if (!life.signal.aborted) link.receive(block);
  };

  const begin = (at: string) => {
    latest = at;
    const { searchParams } = new URL(url);
    if (!hasBegun && !link.id() && !searchParams.has("since") && !searchParams.has("lastEventId")) {
      if (at) link.receive({ type: "message", id: at, isBare: false });
    } else if (isBehind() && !apart) fetchMissing();
    hasBegun = true;
  };

  const receive = (message: FromSource) => {
    if (life.signal.aborted) return;
    heardAt = Date.now();
    if (message.at !== undefined) {
      begin(message.at);
      if (message.state === 1 && state !== 1) link.say("open", (state = 1));
    }

    if (!hasBegun) return;
    for (const group of message.groups ?? []) {
      latest = group.to;
      if (!apart) take(group);
    }

    if (message.say) {
      const isNews = message.say !== "open" || state !== 1;
      state = message.state!;
      const say = () => link.say(message.say!, state, message.about);
      if (apart && message.say === "end") finish = say;
      else if (isNews) say();
    }

    if (message.ask !== undefined) void answer(message.ask);
  };

  const answer = async (ask: number) => {
    try {
      send({ answer: ask, headers: [...new Headers(await (typeof headers === "function" ? headers() : headers))] });
    } catch {
      // Another tab is asked.
    }
  };

  /** Reads the stream in this tab, for others too if there is a channel to them. */
  const lead = (channel?: BroadcastChannel) => {
    closeApart();
    const source = createSource(Stream, url, link.id(), { ...plain, headers, fetch }, message => {
      channel?.postMessage(message);
      receive(message);
    });
    const tell = () => channel?.postMessage({ at: source.at, state: source.state } satisfies FromSource);
    begin(source.at);
    tell();
    return { close: source.close, tell };
  };

  const useLocks = () => {
    const channel = new BroadcastChannel(key);
    let leader: ReturnType<typeof lead> | undefined;
    send = message => leader || channel.postMessage(message);
    channel.onmessage = ({ data }) => {
      if (!data.hello && !data.ping) receive(data);
      else leader?.tell();
    };
    const hold = () => new Promise<void>(release => {
      if (life.signal.aborted) return release();
      leader = lead(channel);
      life.signal.addEventListener("abort", () => release());
    });
    const standDown = () => {
      leader?.close();
      leader = undefined;
    };
    const queue = () => {
      send({ hello: { key, url, id: "", hasHeaders: false, options: {} } });
      // Rejected when it is stolen, or given up.
      navigator.locks.request(key, { signal: life.signal }, hold).catch(() => {
        standDown();
        if (!life.signal.aborted) queue();
      });
    };
    revive = () => {
      if (!leader) void navigator.locks.request(key, { steal: true }, hold).catch(standDown);
    };
    life.signal.addEventListener("abort", () => {
      standDown();
      channel.close();
    });
    queue();
  };

  const useOwn = () => {
    if ((globalThis as Partial<typeof globalThis>).navigator?.locks && "BroadcastChannel" in globalThis) useLocks();
    else {
      const { close } = lead();
      life.signal.addEventListener("abort", close);
    }
  };

  const useWorker = () => {
    let port: MessagePort | undefined;
    const giveUp = () => {
      if (heardAt || !port) return;
      port = undefined;
      useOwn();
    };
    const connect = () => {
      port?.close();
      const worker = new SharedWorker(link.worker ?? new URL("./client-worker.js", import.meta.url), { type: "module", name: "sse-1" });
      worker.onerror = giveUp;
      port = worker.port;
      port.onmessage = ({ data }) => port && receive(data);
      send = message => port?.postMessage(message);
      send({ hello: { key, url, id: link.id(), hasHeaders: !!headers, options: plain } });
    };
    connect();
    setTimeout(giveUp, 3000);
    revive = connect;
    life.signal.addEventListener("abort", () => {
      send({ bye: true });
      port?.close();
    });
  };

  // Whoever reads the stream answers as long as it is not frozen; messages are not delayed as the timers of hidden pages are.
  const timer = setInterval(() => {
    const now = Date.now();
    const wasAsleep = now - pingedAt > 2 * Beat;
    if (pingedAt && heardAt < pingedAt && !wasAsleep) revive();
    pingedAt = now;
    send({ ping: true });
  }, Beat);
  life.signal.addEventListener("abort", () => {
    clearInterval(timer);
    closeApart();
  });

  try {
    useWorker();
  } catch {
    // There are no shared workers, or not with a script of another origin.
    useOwn();
  }

  return { close: () => life.abort() };
}
