#!/usr/bin/env bash
# Shows the number of subscribers of a topic, as a stream:  ./presence.sh
# SSE_SERVER_PROGRAM is the program; by default it is built from this repository. PORT is the port it listens on.
set -euo pipefail
if [ -z "${SSE_SERVER_PROGRAM:-}" ]; then
  cd "$(dirname "$0")/../.."
  dotnet build -c Release -v q --nologo src/SseServer
  SSE_SERVER_PROGRAM=src/SseServer/bin/Release/net10.0/sse-server
fi
server=http://127.0.0.1:${PORT:-8093}

"$SSE_SERVER_PROGRAM" --listen "${server#http://}" --Presence:Topics 'chat/**' > /dev/null &
program=$!
subscribers=()
trap 'kill "$program" "${subscribers[@]}" 2> /dev/null; wait' EXIT
until curl -sf -o /dev/null "$server/healthz"; do
  # If the server could not start, it has printed the reason.
  kill -0 "$program"
  [ $SECONDS -lt 60 ] || { echo "The server did not answer within a minute." >&2; exit 1; }
  sleep 0.1
done

come() {
  curl -sN -o /dev/null "$server/events/chat/7" &
  subscribers+=($!)
}

# Three subscribers, each of which connects when the previous one has been counted; then all leave.
# A changed count is published at most once a second.
come
while IFS= read -r line; do
  printf '%s\n' "$line"
  case $line in
    *'"subscribers":1}' | *'"subscribers":2}') [ ${#subscribers[@]} = 3 ] || come ;;
    *'"subscribers":3}') kill "${subscribers[@]}" ;;
    *'"subscribers":0}') exit 0 ;;
  esac
done < <(curl -sN --max-time 60 "$server/events/\$presence/chat/7?since=latest")
echo "The count did not return to 0." >&2
exit 1
