#!/usr/bin/env bash
# A loop around curl that reconnects, as docs/clients.md shows it: curl.sh URL.
set -u
url=$1 last='' retry=3000 status=0

take() {
    local line name=message data='' field value
    while IFS= read -r line; do
        field=${line%%:*} value=${line#*:} value=${value# }
        case $field in
            id) last=$value ;;
            event) name=$value ;;
            data) data+=${data:+\\n}$value ;;
            retry) retry=$value ;;
            status) status=$value ;;
            '')
                [[ -z $data || -n $line ]] || printf '{"type":"event","id":"%s","name":"%s","data":"%s"}\n' "$last" "$name" "$data"
                name=message data='' ;;
        esac
    done
}

while :; do
    take < <(exec curl -sN -w 'status:%{http_code}\n' -H 'Accept: text/event-stream' -H "Authorization: Bearer $(<"$TOKEN_FILE")" \
        ${last:+-H "Last-Event-ID: $last"} "$url")
    [[ $status != 204 ]] || break
    sleep "$((retry / 1000)).$(printf %03d "$((retry % 1000))")"
done
echo '{"type":"stopped","reason":"204"}'
exec sleep infinity
