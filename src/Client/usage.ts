// Only checked, never built: what the types promise to TypeScript programs.
import { EventStream, type GapEvent, type StreamErrorEvent } from "./client.js";

interface Shop {
  price: { symbol: string; value: number };
  message: string;
}

const shop = new EventStream<Shop>("/events?topic=shop", {
  parse: JSON.parse,
  headers: async () => ({ Authorization: `Bearer ${await Promise.resolve("token")}` }),
  signal: AbortSignal.timeout(1000),
});
shop.addEventListener("price", event => event.data.value.toFixed(2));
shop.onmessage = event => event.data.toUpperCase();
shop.addEventListener("gap", (event: GapEvent) => event.detail.topics.join());
shop.addEventListener("error", (event: StreamErrorEvent) => console.log(event.message, event.status, event.delay));
// @ts-expect-error: a price has no colour.
shop.addEventListener("price", event => event.data.colour);
for await (const event of shop) if (typeof event.data !== "string") event.data.symbol.trim();

const plain = new EventStream("/events");
plain.onmessage = event => event.data.anything;
plain.addEventListener("anything", event => event.data.anything);

// What takes an EventSource's events takes this one.
const target: EventTarget = plain;
const state: 0 | 1 | 2 = plain.readyState;
export { state, target };
