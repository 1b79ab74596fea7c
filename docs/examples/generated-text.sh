#!/usr/bin/env bash
# Writes a text word by word over one request:  ./generated-text.sh [ID] < a-text      Then open the page whose address it prints.
# SSE_SERVER is the server, by default http://127.0.0.1:8080; PAUSE is the number of seconds after each word.
set -euo pipefail
server=${SSE_SERVER:-http://127.0.0.1:8080}
id=${1:-$RANDOM}
pause=${PAUSE:-0.2}
echo "file://$(cd "$(dirname "$0")" && pwd)/generated-text.html?text=$id${SSE_SERVER:+&server=$SSE_SERVER}"

# One event per word, each published as it is written. Data is JSON, so that spaces and line ends are preserved.
# Works on bytes, not characters, so that only the control characters of ASCII match, in every locale.
export LC_ALL=C
words() {
  local line word
  while IFS= read -r line || [ -n "$line" ]; do
    while [[ $line =~ ^([[:space:]]*[^[:space:]]+)(.*)$ ]]; do
      word=${BASH_REMATCH[1]} line=${BASH_REMATCH[2]}
      word=${word//\\/\\\\}
      word=${word//\"/\\\"}
      word=${word//$'\t'/\\t}
      printf 'data: "%s"\n\n' "${word//[[:cntrl:]]/}"
      sleep "$pause"
    done
    printf 'data: "\\n"\n\n'
  done
}

# final=1: the topic ends when the body has ended.
words | curl -sS --fail-with-body -w '\n' -T - -X POST -H 'Content-Type: text/event-stream' "$server/events/text/$id?final=1"
