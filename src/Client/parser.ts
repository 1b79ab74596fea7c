import type { Block } from "./client.js";

/**
 * A parser of one event stream (WHATWG HTML 9.2.6), which takes its text in pieces of any size. A block is complete with its blank line;
 * what is incomplete when the stream ends is dropped with the parser.
 *
 * @param id The last event ID with which the stream was asked for; blocks without an id keep it.
 * @param onBlock Takes each block, also one without data, which moves the resume point only.
 * @param onRetry Takes a reconnection time in milliseconds.
 */
export function createParser(id: string, onBlock: (block: Block) => void, onRetry: (milliseconds: number) => void) {
  const lineEnds = /\r\n?|\n/g;
  // The beginning of a line whose end has not come.
  let rest = "";
  // The text so far ends with CR; an LF that follows belongs to it.
  let skipsLineFeed = false;
  let type = "";
  let data: string | undefined;
  let isBare = false;

  const takeLine = (line: string) => {
    if (!line) {
      onBlock({ type: type || "message", data, id, isBare });
      type = "";
      data = undefined;
      return;
    }

    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const hasSpace = line[colon + 1] === " ";
    const value = colon < 0 ? "" : line.slice(colon + (hasSpace ? 2 : 1));
    if (name === "data") {
      data = data === undefined ? value : `${data}\n${value}`;
      isBare = !hasSpace && colon > 0;
    } else if (name === "event") type = value;
    else if (name === "id" && !value.includes("\0")) id = value;
    else if (name === "retry" && /^\d+$/.test(value)) onRetry(+value);
  };

  return (text: string) => {
    if (!text) return;
    let start = skipsLineFeed && text[0] === "\n" ? 1 : 0;
    skipsLineFeed = text.endsWith("\r");
    lineEnds.lastIndex = start;
    for (let end; (end = lineEnds.exec(text)); start = lineEnds.lastIndex) {
      const line = rest + text.slice(start, end.index);
      // Before the line is taken: whoever takes it may throw.
      rest = "";
      takeLine(line);
    }

    rest += text.slice(start);
  };
}
