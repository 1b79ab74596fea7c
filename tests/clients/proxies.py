#!/usr/bin/env python3
"""How reverse proxies take the two kinds of temporary end: proxies.py SERVER.dll [STREAMS [PROXY]].

Opens streams through each proxy, has the server shed them all, then has it refuse some for now, and prints how the ends looked in front of
the proxy, what the proxy logged, and whether it still sends requests to the server. Each proxy has a second backend that it is to use only
while it takes the server for failed, and is set up so that one failure suffices. Everything is on loopback and stops by itself.
"""
import asyncio
import collections
import http.server
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

SERVER = sys.argv[1]
STREAMS = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
ONLY = sys.argv[3] if len(sys.argv) > 3 else ""
KEY = "the key of the operator"
REFUSED = 50

NGINX = """
daemon off; pid {folder}/pid; error_log {folder}/error.log info; worker_processes 1; worker_rlimit_nofile 8192;
events {{ worker_connections 4096; }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    upstream sse {{ server 127.0.0.1:{server} max_fails=1 fail_timeout=60s; server 127.0.0.1:{backup} backup; }}
    server {{ listen 127.0.0.1:{port}{listen}; location / {{ proxy_pass http://sse; {version} proxy_set_header Host localhost; }} }}
}}
"""
HTTP_1_1 = 'proxy_http_version 1.1; proxy_set_header Connection "";'
HAPROXY = """
global
    maxconn 8192
    log stdout format raw local0
defaults
    mode http
    log global
    option httplog
    timeout connect 5s
    timeout client 60s
    timeout server 60s
frontend public
    bind 127.0.0.1:{port}
    default_backend sse
backend sse
    server sse 127.0.0.1:{server} {check}
    server backup 127.0.0.1:{backup} backup
"""
CADDY = """
{{
    admin off
    auto_https off
}}
:{port} {{
    bind 127.0.0.1
    log
    reverse_proxy 127.0.0.1:{server} 127.0.0.1:{backup} {{
        lb_policy first
        fail_duration 60s
        max_fails 1
        flush_interval -1
    }}
}}
"""
APACHE = """
ServerRoot {folder}
DefaultRuntimeDir {folder}
PidFile {folder}/pid
ErrorLog {folder}/error.log
LogLevel info
ServerName localhost
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule proxy_module /usr/lib/apache2/modules/mod_proxy.so
LoadModule proxy_http_module /usr/lib/apache2/modules/mod_proxy_http.so
LoadModule proxy_balancer_module /usr/lib/apache2/modules/mod_proxy_balancer.so
LoadModule lbmethod_byrequests_module /usr/lib/apache2/modules/mod_lbmethod_byrequests.so
LoadModule slotmem_shm_module /usr/lib/apache2/modules/mod_slotmem_shm.so
{user}
ThreadsPerChild 64
ServerLimit 20
MaxRequestWorkers 1280
Listen 127.0.0.1:{port}
<VirtualHost 127.0.0.1:{port}>
    <Proxy balancer://sse>
        BalancerMember http://127.0.0.1:{server} retry=60 disablereuse=on flushpackets=on
        BalancerMember http://127.0.0.1:{backup} status=+H
    </Proxy>
    ProxyPass / balancer://sse/
</VirtualHost>
"""
PROXIES = {
    "nginx, HTTP/1.1 to the server": ("nginx", NGINX, {"version": HTTP_1_1, "listen": ""}),
    "nginx, HTTP/1.0 to the server": ("nginx", NGINX, {"version": "", "listen": ""}),
    "nginx, HTTP/2 in front": ("nginx", NGINX, {"version": HTTP_1_1, "listen": " http2"}),
    "HAProxy": ("haproxy", HAPROXY, {"check": ""}),
    "HAProxy, observe layer7": ("haproxy", HAPROXY, {"check": "check inter 1h observe layer7 error-limit 1 on-error mark-down"}),
    "Caddy": ("caddy", CADDY, {}),
    "Apache": ("apache2", APACHE, {"user": "User nobody\nGroup nogroup" if os.geteuid() == 0 else ""}),
}


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def wait_for(port):
    for _ in range(400):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit(f"Nothing listens on port {port}.")


class Backup(http.server.BaseHTTPRequestHandler):
    """The backend that serves while the proxy takes the server for failed."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "6")
        self.end_headers()
        self.wfile.write(b"backup")

    def log_message(self, *_):
        pass


async def open_stream(port, accept="text/event-stream"):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET /events HTTP/1.1\r\nHost: localhost\r\nAccept: {accept}\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"\r\ncontent-length: (\d+)", head, re.IGNORECASE)
    return reader, writer, int(length[1]) if length else None


async def read_end(reader, writer, length):
    """How a stream ends: complete with its last chunk, incomplete by FIN, or by RST."""
    tail = b""
    try:
        if length is not None:
            await reader.readexactly(length)
            return "complete"
        while data := await asyncio.wait_for(reader.read(65536), 60):
            tail = (tail + data)[-64:]
            if tail.endswith(b"\r\n0\r\n\r\n"):
                return "complete"
        return "incomplete"
    except asyncio.IncompleteReadError:
        return "incomplete"
    except ConnectionResetError:
        return "reset"
    except asyncio.TimeoutError:
        return "no end in 60 s"
    finally:
        writer.close()


async def curl_streams(port, count):
    """Over HTTP/2, which this script does not speak: exit code 0 is a complete answer, 92 a reset stream."""
    command = ["curl", "-sN", "--http2-prior-knowledge", "-H", "Accept: text/event-stream", "-o", "/dev/null"]
    return [await asyncio.create_subprocess_exec(*command, f"http://127.0.0.1:{port}/events") for _ in range(count)]


def shed(server, percent=100):
    request = urllib.request.Request(f"http://127.0.0.1:{server}/admin/shed?percent={percent}&seconds=1", method="POST",
                                     headers={"Authorization": f"Bearer {KEY}"})
    urllib.request.urlopen(request).read()


async def streams_open(server, count):
    request = urllib.request.Request(f"http://127.0.0.1:{server}/metrics", headers={"Authorization": f"Bearer {KEY}"})
    for _ in range(600):
        text = urllib.request.urlopen(request).read().decode()
        if int(re.search(r"^sse_streams(?:_open)? (\d+)", text, re.MULTILINE)[1]) >= count:
            return
        await asyncio.sleep(0.1)
    raise SystemExit(f"{count} streams did not open.")


async def run(name, end):
    program, template, values = PROXIES[name]
    server, port, folder = free_port(), free_port(), tempfile.mkdtemp(prefix="sse-proxies-")
    os.chmod(folder, 0o755)
    backup = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Backup)
    threading.Thread(target=backup.serve_forever, daemon=True).start()
    config = os.path.join(folder, "proxy.conf")
    with open(config, "w", encoding="ascii") as file:
        file.write(template.format(folder=folder, server=server, port=port, backup=backup.server_address[1], **values))
    is_http2 = "HTTP/2" in name
    count = min(STREAMS, 100) if is_http2 else STREAMS
    arguments = ["dotnet", SERVER, "--listen", f"127.0.0.1:{server}", f"--Streams:TemporaryEnd={end}", "--Proxy:Trusted=127.0.0.1",
                 "--Auth:Keys:operator:Admin=true", f"--Auth:Keys:operator:Secret={KEY}", f"--Limits:MaxStreams={count}",
                 "--Limits:MaxStreamsPerClient=0", "--Logging:Level=Error"]
    command = {
        "nginx": ["nginx", "-p", folder, "-c", config, "-e", f"{folder}/error.log"],
        "haproxy": ["haproxy", "-db", "-f", config],
        "caddy": ["caddy", "run", "--config", config, "--adapter", "caddyfile"],
        "apache2": ["apache2", "-f", config, "-DFOREGROUND"],
    }[program]
    environment = dict(os.environ, HOME=folder, PATH=os.environ["PATH"] + ":/usr/sbin")
    processes = []
    try:
        with open(f"{folder}/output.log", "wb") as output:
            processes.append(subprocess.Popen(arguments, stdout=output, stderr=output))
            wait_for(server)
            processes.append(subprocess.Popen(command, stdout=output, stderr=output, env=environment))
            wait_for(port)
            if is_http2:
                clients = await curl_streams(port, count)
                await streams_open(server, count)
                shed(server)
                codes = await asyncio.gather(*(client.wait() for client in clients))
                ends = collections.Counter({0: "complete"}.get(code, f"curl's exit code {code}") for code in codes)
            else:
                streams = []
                for _ in range(0, count, 50):
                    streams += await asyncio.gather(*(open_stream(port) for _ in range(min(50, count - len(streams)))))
                await streams_open(server, count)
                shed(server)
                ends = collections.Counter(await asyncio.gather(*(read_end(*stream) for stream in streams)))
            after_shed = sent_to_server(port, is_http2)

            # The server is full now, of streams that do not come through the proxy.
            fillers = [await open_stream(server) for _ in range(count)]
            if is_http2:
                clients = await curl_streams(port, REFUSED)
                codes = await asyncio.gather(*(client.wait() for client in clients))
                refusals = collections.Counter({0: "complete"}.get(code, f"curl's exit code {code}") for code in codes)
            else:
                refused = [await open_stream(port) for _ in range(REFUSED)]
                refusals = collections.Counter(await asyncio.gather(*(read_end(*stream) for stream in refused)))
            for _, writer, _ in fillers:
                writer.close()
            after_refusals = sent_to_server(port, is_http2)
    finally:
        for process in reversed(processes):
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
        backup.shutdown()
    print(f"== {name}, {end}")
    print(f"   {count} streams shed: {dict(ends)}; then {after_shed} of 20 requests went to the server")
    print(f"   {REFUSED} refused for now: {dict(refusals)}; then {after_refusals} of 20 requests went to the server")
    for line, times in logged(folder):
        print(f"   log, {times} times: {line[:240]}")
    sys.stdout.flush()
    shutil.rmtree(folder, ignore_errors=True)


def sent_to_server(port, is_http2):
    protocol = ["--http2-prior-knowledge"] if is_http2 else []
    answers = [subprocess.run(["curl", "-s", *protocol, f"http://127.0.0.1:{port}/healthz"], capture_output=True, check=False).stdout
               for _ in range(20)]
    return sum(answer != b"backup" and answer != b"" for answer in answers)


def logged(folder):
    """The proxy's complaints, with what differs between equal ones taken out."""
    lines = collections.Counter()
    for name in ("error.log", "output.log"):
        path = os.path.join(folder, name)
        if not os.path.exists(path):
            continue
        with open(path, encoding="utf-8", errors="replace") as file:
            for line in file:
                is_routine = re.search(r"\[(info|notice|warn)\]|:(info|notice|warn)\]|\"level\":\"(info|warn)\"|handled request", line)
                if is_routine or "/healthz" in line:
                    continue
                lines[re.sub(r"\d+", "#", line.strip())] += 1
    return lines.most_common(4)


for proxy in PROXIES:
    for kind in ("truncate", "clean"):
        if ONLY in proxy and shutil.which(PROXIES[proxy][0], path=os.environ["PATH"] + ":/usr/sbin"):
            asyncio.run(run(proxy, kind))
