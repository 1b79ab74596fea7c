import { createParser } from "./parser.js";

/** The data of events of one name. */
export type DataOf<Events, Name> = Name extends keyof Events ? Events[Name] : any;

/** Header fields; a token is `{ Authorization: "Bearer .." }`. */
export type HeaderValues = Record<string, string> | [string, string][] | Headers;

export interface EventStreamOptions {
  /** Ends the stream, as `close()` does. */
  signal?: AbortSignal;
  /** Header fields, or a function that returns them. The function is asked before each request, so a token it returns is fresh. */
  headers?: HeaderValues | (() => HeaderValues | Promise<HeaderValues>);
  /** Sends cookies to other origins too. */
  withCredentials?: boolean;
  /** Turns the data of published events into something else; `JSON.parse` for JSON. */
  parse?: (data: string) => unknown;
  /**
   * Gives binary events (published as `application/octet-stream`) as a `Uint8Array`; otherwise their data is base64 text. `"base128"` also
   * asks the server for a denser text than base64.
   */
  binary?: boolean | "base128";
  /** The event after which the stream begins. */
  lastEventId?: string;
  /** Keeps the position in `sessionStorage`, under this key or one made from the URL, so that a reloaded page continues. */
  resume?: boolean | string;
  /** Closes the connection while the page is hidden, and continues when it is visible. By default hidden pages stay connected. */
  closeWhenHidden?: boolean;
  /** The server's heartbeat interval in milliseconds (15000). After 2.5 of them without a byte it reconnects; 0 turns that off. */
  heartbeat?: number;
  /** How long a request may stay without a first byte, in milliseconds (10000), before the client tries long polling. */
  patience?: number;
  /** How long a long poll waits, in seconds (25). 0 turns long polling off. */
  poll?: number;
  /** The longest pause between two attempts in milliseconds (60000), unless the server asks for a longer one. */
  maxDelay?: number;
  /** How late an event may be in milliseconds (5000) before a `lag` event says so. */
  maxLag?: number;
  /** Shares one connection among all tabs of this origin that ask for the same URL. */
  tabs?: boolean;
  /** Where the worker of `tabs` is, if not beside this file. It must be of the page's own origin. */
  worker?: string | URL;
  /** Makes the requests; by default the global `fetch`. */
  fetch?: typeof fetch;
  /** Gets every block of the stream before its event is dispatched, also blocks without data. */
  onBlock?: (block: Block) => void;
}

/** A block of an event stream. */
export interface Block {
  /** The name of the event; `message` if it has none. */
  type: string;
  /** Missing in a block that dispatches no event. */
  data?: string;
  /** The last event ID after this block. */
  id: string;
  /** The data has no space after its colon, by which this server marks base64. */
  isBare: boolean;
}

/** Why a request failed, or an event could not be parsed. The client comes back unless `readyState` is 2. */
export interface StreamErrorEvent extends Event {
  /** What is wrong; the server's own sentence if it sent one. */
  readonly message: string;
  /** The status of the response, if there was one. */
  readonly status?: number;
  /** The server's code, such as `not_granted`. */
  readonly code?: string;
  /** Milliseconds until the next attempt. */
  readonly delay?: number;
}

/** Events were lost; `data` is the JSON of `detail`. */
export interface GapEvent extends MessageEvent<string> {
  readonly detail: { topics: string[]; after: string | null; from: string | null };
}

/** Events are now later than `maxLag` allows, or no longer so; `detail` is by how many milliseconds. */
export interface LagEvent extends Event {
  readonly detail: number;
}

/** The client's own events. */
export interface ClientEvents {
  open: Event;
  /** All topics have ended, and everything was delivered: the client has stopped. */
  end: Event;
  error: StreamErrorEvent;
  /** Events come by long polling from now on. */
  polling: Event;
  connected: MessageEvent<string>;
  heartbeat: MessageEvent<string>;
  "auth-expiring": MessageEvent<string>;
  gap: GapEvent;
  lag: LagEvent;
}

export interface EventStream<Events extends object> {
  addEventListener<K extends keyof ClientEvents>(
    type: K, listener: (event: ClientEvents[K]) => void, options?: boolean | AddEventListenerOptions): void;
  addEventListener<K extends keyof Events & string>(
    type: K, listener: (event: MessageEvent<Events[K]>) => void, options?: boolean | AddEventListenerOptions): void;
  addEventListener(
    type: string, listener: EventListenerOrEventListenerObject | null, options?: boolean | AddEventListenerOptions): void;
}

// The reason of an abort after which the next request follows at once.
const Restart = {};
const Stopped = 2;
const Page = globalThis as Partial<typeof globalThis>;

/**
 * An event stream that comes back: `EventSource`'s interface over `fetch`. It makes one request at a time, resumes each after the last
 * event it dispatched, and stops only when it is closed, refused for good, or told by a 204 that its topics have ended.
 *
 * `Events` gives the data of an application's events by their names.
 */
export class EventStream<Events extends object = Record<string, any>> extends EventTarget {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSED = 2;
  readonly CONNECTING = 0;
  readonly OPEN = 1;
  readonly CLOSED = 2;

  onopen: ((event: Event) => void) | null = null;
  onmessage: ((event: MessageEvent<DataOf<Events, "message">>) => void) | null = null;
  onerror: ((event: StreamErrorEvent) => void) | null = null;
  onend: ((event: Event) => void) | null = null;
  ongap: ((event: GapEvent) => void) | null = null;
  onlag: ((event: LagEvent) => void) | null = null;
  onconnected: ((event: MessageEvent<string>) => void) | null = null;
  onpolling: ((event: Event) => void) | null = null;

  readonly #options: EventStreamOptions;
  #key: string;
  readonly #life = new AbortController();
  readonly #readers = new Set<(event?: MessageEvent) => number>();
  #url: URL;
  #state: 0 | 1 | 2 = 0;
  #id = "";
  #request = new AbortController();
  #hasBytes = false;
  #heardAt = 0;
  #gap = 0;
  // The longest silence that a heartbeat broke.
  #silence = 0;
  // Streams in a row that fell silent after their first bytes.
  #mutes = 0;
  #polls = false;
  #saysPolls = false;
  #mustWait = false;
  #isSuspended = false;
  // A client that the server has not told otherwise: not in step with the others.
  #retry = 1000 + Math.random() * 2000;
  #failures = 0;
  #hasAsked = false;
  #clock = 0;
  #isLate = false;
  #error?: Error;
  // Reads by itself instead of sharing a connection.
  #runs = false;
  #shared?: { close(): void };
  #wake = () => {};
  #drained = () => {};

  constructor(url: string | URL, options: EventStreamOptions = {}) {
    super();
    this.#options = options;
    this.#url = new URL(url, Page.document?.baseURI ?? Page.location?.href);
    if (typeof options.binary === "string") this.#url.searchParams.set("encoding", options.binary);
    this.#key = options.resume === true ? `sse:${this.#url}` : options.resume || "";
    this.#id = options.lastEventId ?? "";
    try {
      if (this.#key) this.#id = sessionStorage.getItem(this.#key) || this.#id;
    } catch {
      // Storage is denied, or not there.
      this.#key = "";
    }

    for (const type of ["open", "message", "error", "end", "gap", "lag", "connected", "polling"] as const)
      this.addEventListener(type, event => (this[`on${type}`] as ((event: Event) => void) | null)?.(event));
    const { signal } = this.#life;
    const listen = (target: Partial<EventTarget> | undefined, type: string, listener: (event: Event) => void) =>
      target?.addEventListener?.(type, listener, { signal });
    listen(options.signal, "abort", () => this.close());
    listen(Page, "online", () => {
      // Another network may let streams through.
      this.#polls = false;
      this.#nudge();
    });
    // A page with a request under way is not kept for the back button.
    listen(Page, "pagehide", event => (event as PageTransitionEvent).persisted && this.#suspend());
    listen(Page, "pageshow", event => (event as PageTransitionEvent).persisted && this.#nudge());
    listen(Page.document, "resume", () => this.#nudge());
    listen(Page.document, "visibilitychange", () => {
      if (!document.hidden) this.#nudge();
      else if (options.closeWhenHidden) this.#suspend();
    });
    this.#isSuspended = !!options.closeWhenHidden && !!Page.document?.hidden;
    if (options.signal?.aborted) this.close();
    else this.#start();
  }

  get url() {
    return this.#url.href;
  }

  get withCredentials() {
    return !!this.#options.withCredentials;
  }

  /** 0 while it connects or waits to, 1 while a stream is open, 2 when it has stopped. */
  get readyState() {
    return this.#state;
  }

  /** The event after which the next request continues. */
  get lastEventId() {
    return this.#id;
  }

  /** Whether events come by long polling. */
  get polling() {
    return this.#polls;
  }

  close() {
    this.#stop();
  }

  /** Continues with other topics or patterns: another request from the same position, so nothing is missed or repeated. */
  setTopics(topics: Iterable<string>) {
    const { searchParams } = this.#url;
    this.#url.pathname = this.#url.pathname.replace(/(\/events)\/.*/, "$1");
    searchParams.delete("topic");
    for (const topic of topics) searchParams.append("topic", topic);
    if (this.#options.tabs && !this.#runs) {
      this.#shared?.close();
      this.#start();
    } else {
      this.#request.abort(Restart);
      if (!this.#mustWait) this.#wake();
    }
  }

  /**
   * The published events of every type, and gaps, until the end. Reading waits while a thousand events are unread. Leaving the loop closes
   * the stream; an error that stops the stream is thrown.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<MessageEvent<Events[keyof Events]>, void> {
    const queue: MessageEvent[] = [];
    let notify = () => {};
    const reader = (event?: MessageEvent) => {
      if (event) queue.push(event);
      notify();
      return queue.length;
    };
    this.#readers.add(reader);
    try {
      for (;;) {
        for (let event; (event = queue.shift()); ) {
          this.#drained();
          yield event;
        }

        if (this.#error) throw this.#error;
        if (this.#state === Stopped) return;
        await new Promise<void>(done => (notify = done));
      }
    } finally {
      this.#readers.delete(reader);
      this.close();
    }
  }

  #start() {
    const { tabs, worker } = this.#options;
    if (!tabs) {
      void this.#run();
      return;
    }

    const url = this.url;
    void import("./client-tabs.js").then(
      ({ share }) => {
        if (this.#state === Stopped || this.#isSuspended || url !== this.url) return;
        this.#shared?.close();
        this.#shared = share(EventStream, {
          url,
          worker,
          options: this.#options,
          id: () => this.#id,
          receive: block => this.#receive(block),
          say: (type, state, about) => {
            if (type === "polling") this.#polls = true;
            if (state === Stopped) this.#stop(type, about);
            else this.#say(type, about, state);
          },
        });
      },
      () => {
        if (!this.#runs) void this.#run();
      });
  }

  async #run() {
    this.#runs = true;
    while (this.#state !== Stopped) {
      const delay = this.#isSuspended ? Infinity : await this.#connect();
      if (delay > 0 && !this.#isStopped) {
        await new Promise<void>(done => {
          const timer = delay < 2 ** 31 ? setTimeout(done, delay) : undefined;
          this.#wake = () => {
            clearTimeout(timer);
            done();
          };
        });
      }
    }
  }

  // A function, so that TypeScript does not take the state for what it was before an await.
  get #isStopped() {
    return this.#state === Stopped;
  }

  /** Makes a request and reads its response to the end. Returns the milliseconds until the next request. */
  async #connect(): Promise<number> {
    const { headers: given, withCredentials, heartbeat = 15000, patience = 10000, poll = 25, maxDelay = 60000 } = this.#options;
    const { fetch: ask = fetch } = this.#options;
    const request = (this.#request = new AbortController());
    const { signal } = request;
    const polls = this.#polls;
    const firstId = this.#id;
    const startedAt = Date.now();
    let about: { message?: string; status?: number; code?: string } = { message: "The stream ended." };
    let after = 0;
    let hasMore = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    this.#hasBytes = false;

    const watch = () => {
      const allowed = polls || !this.#hasBytes ? patience + (polls ? poll * 1000 : 0)
        : heartbeat ? 2.5 * Math.max(heartbeat, Math.min(this.#silence, 2.5 * heartbeat)) : Infinity;
      const left = this.#heardAt + allowed - Date.now();
      if (left > 0) timer = setTimeout(watch, Math.min(left, 10000));
      else request.abort();
    };

    try {
      const headers = new Headers(await (typeof given === "function" ? given() : given));
      headers.set("Accept", "text/event-stream");
      // As the bytes of UTF-8, which is what EventSource sends.
      if (this.#id) headers.set("Last-Event-ID", String.fromCharCode(...new TextEncoder().encode(this.#id)));
      const url = new URL(this.#url);
      const { searchParams } = url;
      if (polls) {
        searchParams.set("poll", `${poll}s`);
        searchParams.set("greeting", "none");
      } else if (heartbeat && !searchParams.has("heartbeat")) searchParams.set("heartbeat", "event");
      this.#heardAt = Date.now();
      watch();
      const response = await ask(url, {
        headers, signal, cache: "no-store", credentials: withCredentials ? "include" : "same-origin",
      });
      const { status } = response;
      if (status === 204) {
        this.#stop("end");
        return 0;
      }

      const type = response.headers.get("Content-Type") || "of no type";
      const wait = response.headers.get("Retry-After");
      if (wait) after = 1000 * +wait || Math.max(0, Date.parse(wait) - Date.now()) || 0;
      if (status !== 200 || !type.startsWith("text/event-stream")) {
        const problem = type.includes("json") ? await response.json().catch(() => ({})) : {};
        about = {
          message: problem.detail ?? (status === 200 ? `The response is ${type}, not an event stream; check the URL.`
            : `The server answered with status ${status}.`),
          status,
          code: problem.code,
        };
        if ((status === 401 || status === 403) && typeof given === "function" && !this.#hasAsked) {
          this.#hasAsked = true;
          return 0;
        }

        if (status > 399 && status < 500 && ![408, 425, 429].includes(status)) this.#stop("error", about);
        throw about;
      }

      if (after) about.message = "The server refuses streams for now.";
      else if (this.#state !== 1) this.#say("open", undefined, 1);
      if (polls && !this.#saysPolls) this.#say("polling");
      this.#saysPolls = polls;
      const reader = response.body!.getReader();
      const decoder = new TextDecoder();
      const take = createParser(this.#id, block => signal.aborted || this.#receive(block), retry => (this.#retry = retry));
      for (let part; !signal.aborted && !(part = await reader.read()).done; ) {
        const now = Date.now();
        this.#gap = now - this.#heardAt;
        this.#heardAt = now;
        hasMore = this.#hasBytes;
        this.#hasBytes = true;
        this.#hasAsked = false;
        this.#failures = 0;
        take(decoder.decode(part.value, { stream: true }));
        while (!signal.aborted && [...this.#readers].some(reader => reader() > 999)) {
          this.#heardAt = Infinity;
          await new Promise<void>(done => (this.#drained = done));
          this.#heardAt = Date.now();
        }
      }
    } catch (error) {
      if (error !== about) about.message = signal.aborted ? "Nothing arrived for too long." : `The connection failed: ${error}`;
      // Without a reason of ours it is the watchdog.
      if (signal.aborted && signal.reason !== Restart) {
        this.#mutes = hasMore ? 0 : this.#mutes + 1;
        if (!this.#hasBytes || this.#mutes > 1) this.#polls = !polls && poll > 0;
        if (this.#polls) return 0;
      }
    } finally {
      clearTimeout(timer);
      request.abort();
    }

    if (this.#isStopped) return 0;
    if (signal.reason === Restart) {
      this.#state = 0;
      return 0;
    }

    // A poll ends with its answer, and the next one follows at once.
    if (polls && this.#hasBytes && !after && (this.#id !== firstId || Date.now() - startedAt > poll * 500)) return 0;
    if (!this.#hasBytes) this.#failures++;
    const spread = Math.min(maxDelay, this.#retry * 2 ** this.#failures) - this.#retry;
    const delay = Math.max(after, this.#retry + Math.random() * Math.max(0, spread));
    this.#mustWait = after > 0;
    this.#say("error", { ...about, delay }, 0);
    return delay;
  }

  #receive(block: Block) {
    this.#dispatch(block);
    if (this.#key) sessionStorage.setItem(this.#key, this.#id);
  }

  #dispatch(block: Block) {
    const { type, data, id, isBare } = block;
    const { parse, binary, maxLag = 5000, onBlock } = this.#options;
    this.#id = id;
    onBlock?.(block);
    if (data === undefined) return;
    const event = (value: unknown) => new MessageEvent<any>(type, { data: value, lastEventId: id, origin: this.#url.origin });
    let sentAt = parseInt(/^\d+-\d+$/.test(id) ? id : "");
    let own: MessageEvent | undefined;
    if (/^(connected|heartbeat|auth-expiring|gap)$/.test(type)) {
      own = event(data);
      sentAt = NaN;
      if (type === "connected") this.#clock = Date.parse(data.slice(-24)) - Date.now();
      else if (type === "heartbeat") {
        this.#silence = Math.max(this.#silence, this.#gap);
        sentAt = +data;
      } else {
        const detail = JSON.parse(data);
        if (type === "gap") Object.assign(own, { detail });
        else void this.#renew(detail.stream);
      }
    }

    const lag = Date.now() + this.#clock - sentAt;
    if (lag === lag && lag > maxLag !== this.#isLate) {
      this.#isLate = !this.#isLate;
      this.#say("lag", { detail: lag });
    }

    const isPublished = !own;
    try {
      own ??= event(binary && isBare ? bytesOf(data) : parse ? parse(data) : data);
    } catch (error) {
      this.#say("error", { message: `The data of an event could not be parsed: ${error}` });
      return;
    }

    if (isPublished || type === "gap") for (const reader of this.#readers) reader(own);
    this.dispatchEvent(own);
  }

  /** Continues the stream with a fresh token. If that fails, the stream ends with its token and the next request has a fresh one. */
  async #renew(handle: string) {
    const { headers, withCredentials, fetch: ask = fetch } = this.#options;
    if (typeof headers !== "function") return;
    try {
      const authorization = new Headers(await headers()).get("Authorization");
      const url = new URL(this.#url.pathname.replace(/\/events(\/.*)?$/, `/streams/${handle}`), this.#url);
      await ask(url, {
        method: "POST", headers: authorization ? { authorization } : {}, credentials: withCredentials ? "include" : "same-origin",
      });
    } catch {
      // The next request tells why.
    }
  }

  #suspend() {
    this.#isSuspended = true;
    this.#request.abort(Restart);
    this.#shared?.close();
  }

  /** Something has changed for the better: tries at once, unless the server has said when. */
  #nudge() {
    if (this.#isSuspended) {
      this.#mustWait = this.#isSuspended = false;
      if (this.#options.tabs && !this.#runs) this.#start();
    }

    this.#failures = 0;
    if (!this.#mustWait) this.#wake();
    const { heartbeat = 15000 } = this.#options;
    const silence = this.#hasBytes ? Math.max(heartbeat || Infinity, this.#silence) : 1000;
    if (Date.now() - this.#heardAt > silence) this.#request.abort(Restart);
  }

  #say(type: string, about?: object, state = this.#state) {
    this.#state = state;
    this.dispatchEvent(Object.assign(new Event(type), about));
  }

  #stop(type?: string, about?: object) {
    if (this.#isStopped) return;
    this.#state = Stopped;
    this.#life.abort();
    this.#shared?.close();
    this.#request.abort(Restart);
    this.#wake();
    this.#drained();
    if (type === "error") this.#error = Object.assign(new Error(), about);
    if (type) this.#say(type, about);
    for (const reader of this.#readers) reader();
  }
}

/** The bytes of base64, or of base128 (docs/binary.md), which begins with a tilde. */
const bytesOf = (text: string) => {
  const bytes = new Uint8Array(2 * text.length);
  let length = 0;
  if (text[0] !== "~") {
    const raw = atob(text);
    for (; length < raw.length; length++) bytes[length] = raw.charCodeAt(length);
    return bytes.slice(0, length);
  }

  let bits = 0;
  let count = 0;
  const take = (group: number) => {
    bits = (bits << 7) | group;
    count += 7;
    if (count > 7) bytes[length++] = bits >> (count -= 8);
  };
  for (let i = 1; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 128) take(code);
    else {
      take([0, 10, 13][((code >> 7) - 1) % 3]!);
      if (code < 512) take(code & 127);
    }
  }

  return bytes.slice(0, length);
};
