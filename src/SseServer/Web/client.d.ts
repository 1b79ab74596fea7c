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
    readonly detail: {
        topics: string[];
        after: string | null;
        from: string | null;
    };
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
    addEventListener<K extends keyof ClientEvents>(type: K, listener: (event: ClientEvents[K]) => void, options?: boolean | AddEventListenerOptions): void;
    addEventListener<K extends keyof Events & string>(type: K, listener: (event: MessageEvent<Events[K]>) => void, options?: boolean | AddEventListenerOptions): void;
    addEventListener(type: string, listener: EventListenerOrEventListenerObject | null, options?: boolean | AddEventListenerOptions): void;
}
/**
 * An event stream that comes back: `EventSource`'s interface over `fetch`. It makes one request at a time, resumes each after the last
 * event it dispatched, and stops only when it is closed, refused for good, or told by a 204 that its topics have ended.
 *
 * `Events` gives the data of an application's events by their names.
 */
export declare class EventStream<Events extends object = Record<string, any>> extends EventTarget {
    #private;
    static readonly CONNECTING = 0;
    static readonly OPEN = 1;
    static readonly CLOSED = 2;
    readonly CONNECTING = 0;
    readonly OPEN = 1;
    readonly CLOSED = 2;
    onopen: ((event: Event) => void) | null;
    onmessage: ((event: MessageEvent<DataOf<Events, "message">>) => void) | null;
    onerror: ((event: StreamErrorEvent) => void) | null;
    onend: ((event: Event) => void) | null;
    ongap: ((event: GapEvent) => void) | null;
    onlag: ((event: LagEvent) => void) | null;
    onconnected: ((event: MessageEvent<string>) => void) | null;
    onpolling: ((event: Event) => void) | null;
    constructor(url: string | URL, options?: EventStreamOptions);
    get url(): string;
    get withCredentials(): boolean;
    /** 0 while it connects or waits to, 1 while a stream is open, 2 when it has stopped. */
    get readyState(): 0 | 1 | 2;
    /** The event after which the next request continues. */
    get lastEventId(): string;
    /** Whether events come by long polling. */
    get polling(): boolean;
    close(): void;
    /** Continues with other topics or patterns: another request from the same position, so nothing is missed or repeated. */
    setTopics(topics: Iterable<string>): void;
    /**
     * The published events of every type, and gaps, until the end. Reading waits while a thousand events are unread. Leaving the loop closes
     * the stream; an error that stops the stream is thrown.
     */
    [Symbol.asyncIterator](): AsyncGenerator<MessageEvent<Events[keyof Events]>, void>;
}
