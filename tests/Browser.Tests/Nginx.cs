using System.Diagnostics;
using SseServer.Tests.Support;

namespace SseServer.Browser.Tests;

/// <summary>
/// An nginx before a server: plain HTTP/1.1 on one port, HTTP/2 over TLS on another, a service worker at <c>/sw.js</c>, and empty pages
/// below <c>/pages/</c>.
/// </summary>
internal sealed class Nginx : IAsyncDisposable
{
    private static readonly string? Program = Array.Find(["/usr/sbin/nginx", "/usr/bin/nginx", "/usr/local/sbin/nginx"], File.Exists);

    private readonly Process _process;
    private readonly DirectoryInfo _folder;
    private readonly int _port;
    private readonly int _tlsPort;

    private Nginx(Process process, DirectoryInfo folder, int port, int tlsPort)
        => (_process, _folder, _port, _tlsPort) = (process, folder, port, tlsPort);

    /// <summary>Starts it; the test is ignored if there is no nginx.</summary>
    /// <param name="serverPort">The server's port.</param>
    /// <param name="readTimeout">How long it lets the server be silent before it gives the response up; in nginx's words.</param>
    public static async Task<Nginx> StartAsync(int serverPort, string readTimeout = "1h")
    {
        if (Program is null)
        {
            Assert.Ignore("nginx is not installed on this machine.");
            throw new UnreachableException();
        }

        var (port, tlsPort) = (LoopbackPort.TakeFree(), LoopbackPort.TakeFree());
        var folder = Directory.CreateTempSubdirectory("sse-nginx-");
        var path = Path.Combine(folder.FullName, "nginx.conf");
        await File.WriteAllTextAsync(path, Compose(folder.FullName, serverPort, port, tlsPort, readTimeout));
        var process = Process.Start(Program, ["-p", folder.FullName, "-c", path, "-e", Path.Combine(folder.FullName, "error.log")]);
        await Eventually.HoldsAsync(
            () => process.HasExited || (LoopbackPort.IsListening(port) && LoopbackPort.IsListening(tlsPort)), "nginx listens");
        return new Nginx(process, folder, port, tlsPort);
    }

    public Uri UrlOf(string target) => new($"http://127.0.0.1:{_port}{target}");

    public Uri TlsUrlOf(string target) => new($"https://127.0.0.1:{_tlsPort}{target}");

    public async ValueTask DisposeAsync()
    {
        // Its workers are to end as well, which they do not if it is killed.
        using (var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"])) await kill.WaitForExitAsync().Soon();
        await _process.WaitForExitAsync().Soon();
        _process.Dispose();
        _folder.Delete(recursive: true);
    }

    private static string Compose(string folder, int serverPort, int port, int tlsPort, string readTimeout) => $$"""
        daemon off;
        {{(Environment.IsPrivilegedProcess ? "user root;" : "")}}
        pid {{folder}}/pid;
        events { worker_connections 1024; }
        http {
            access_log off;
            client_body_temp_path {{folder}}/body;
            proxy_temp_path {{folder}}/proxy;
            fastcgi_temp_path {{folder}}/fastcgi;
            uwsgi_temp_path {{folder}}/uwsgi;
            scgi_temp_path {{folder}}/scgi;
            ssl_certificate {{TestCertificates.Options.Files.Certificate}};
            ssl_certificate_key {{TestCertificates.Options.Files.Certificate}};
            server {
                listen 127.0.0.1:{{port}};
                listen 127.0.0.1:{{tlsPort}} ssl http2;
                location = /sw.js {
                    default_type text/javascript;
                    return 200 "oninstall = () => skipWaiting(); onactivate = event => event.waitUntil(clients.claim());
                        onfetch = event => event.respondWith(fetch(event.request));";
                }
                location /pages/ {
                    default_type text/html;
                    return 200 "<!doctype html><title>A page</title>";
                }
                location / {
                    proxy_pass http://127.0.0.1:{{serverPort}};
                    proxy_http_version 1.1;
                    proxy_set_header Connection "";
                    proxy_set_header Host 127.0.0.1;
                    proxy_buffering off;
                    proxy_read_timeout {{readTimeout}};
                }
            }
        }

        """;
}
