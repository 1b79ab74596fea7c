// Opens so many event streams and tells, whenever it changes, how many were opened so far, are open now and are dead for good, how many events came, and the longest
// time, in milliseconds, that one that came back was away: node clients.mjs URL COUNT. It goes on until its input ends.
import { EventSource } from "eventsource";

const [url, count] = process.argv.slice(2);
const state = { opens: 0, open: 0, dead: 0, events: 0, longestSilence: 0, answers: {} };
let told = "";

for (let i = 0; i < Number(count); i++) {
  const source = new EventSource(url);
  let leftAt = 0;
  let isOpen = false;
  source.onopen = () => {
    state.opens++;
    state.open++;
    isOpen = true;
    if (leftAt) state.longestSilence = Math.max(state.longestSilence, Date.now() - leftAt);
    leftAt = 0;
  };
  source.onmessage = () => state.events++;
  source.onerror = event => {
    if (isOpen) state.open--;
    isOpen = false;
    leftAt ||= Date.now();
    if (source.readyState !== EventSource.CLOSED) return;
    state.dead++;
    state.answers[event.code] = (state.answers[event.code] ?? 0) + 1;
  };
}

setInterval(() => {
  const now = JSON.stringify(state);
  if (now !== told) console.log(now);
  told = now;
}, 50);
process.stdin.resume().on("end", () => process.exit());
