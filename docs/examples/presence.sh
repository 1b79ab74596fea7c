#!/usr/bin/env bash
# How many read a topic, as a stream:  ./presence.sh
# SSE_SERVER_PROGRAM is the program; by default it is built from this repository. PORT is where it listens.
set -euo pipefail
if [ -z "${SSE_SERVER_PROGRAM:-}" ]; then
  cd "$(dirname "$0")/../.."
  dotnet build -c Release -v q --nologo src/SseServer
  SSE_SERVER_PROGRAM=src/SseServer/bin/Release/net10.0/sse-server
fi
server=http://127.0.0.1:${PORT:-8093}

"$SSE_SERVER_PROGRAM" --listen "${server#http://}" --Presence:Topics 'chat/**' > /dev/null &
program=$!
readers=()
trap 'kill "$program" "${readers[@]}" 2> /dev/null; wait' EXIT
until curl -sf -o /dev/null "$server/healthz"; do
  # A server that could not start has said why.
  kill -0 "$program"
  [ $SECONDS -lt 60 ] || { echo "The server did not answer within a minute." >&2; exit 1; }
  sleep 0.1
done

come() {
  curl -sN -o /dev/null "$server/events/chat/7" &
  readers+=($!)
}

# Three readers, each of whom comes when the one before it was told of; then all go. Numbers are told as they change, once a second at most.
come
while IFS= read -r line; do
  printf '%s\n' "$line"
  case $line in
    *'"subscribers":1}' | *'"subscribers":2}') [ ${#readers[@]} = 3 ] || come ;;
    *'"subscribers":3}') kill "${readers[@]}" ;;
    *'"subscribers":0}') exit 0 ;;
  esac
done < <(curl -sN --max-time 60 "$server/events/\$presence/chat/7?since=latest")
echo "The last reader's leaving was not told." >&2
exit 1
