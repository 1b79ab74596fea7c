#!/usr/bin/env bash
# A text that is written word by word over one request:  ./generated-text.sh [ID] < a-text      then open generated-text.html?text=ID
set -euo pipefail
server=${SSE_SERVER:-http://127.0.0.1:8080}
id=${1:-1}
pause=${PAUSE:-0.2}

# One event a word, each published as it is written. Data is JSON, so that spaces and line ends survive.
words() {
  local line word
  while IFS= read -r line || [ -n "$line" ]; do
    for word in $line; do
      word=${word//\\/\\\\}
      printf 'data: "%s "\n\n' "${word//\"/\\\"}"
      sleep "$pause"
    done
    printf 'data: "\\n"\n\n'
  done
}

# final=1: the topic ends when the body has ended.
words | curl -sS --fail-with-body -T - -X POST -H 'Content-Type: text/event-stream' "$server/events/text/$id?final=1"
echo
