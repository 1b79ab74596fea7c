using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using SseServer.Tests.Auth.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Hosting;

/// <summary>Requests of the server's own to this machine's loopback go there, whatever proxy the environment names.</summary>
internal sealed class LoopbackProxyTests
{
    [Test]
    public async Task Keys_on_loopback_are_not_asked_for_through_the_environments_proxy()
    {
        await using var keys = new KeyServer();
        using var proxy = new TcpListener(IPAddress.Loopback, 0);
        proxy.Start();
        using var server = Start($"http://{proxy.LocalEndpoint}", keys.Url);
        try
        {
            await Eventually.HoldsAsync(() => keys.Requests > 0 || proxy.Pending(), "a request for keys");
            Assert.That((keys.Requests > 0, proxy.Pending()), Is.EqualTo((true, false)));
        }
        finally
        {
            server.Kill();
            await server.WaitForExitAsync();
        }
    }

    private static Process Start(string proxy, Uri keys)
    {
        string[] args =
        [
            Path.Combine(AppContext.BaseDirectory, "sse-server.dll"), "--listen", "127.0.0.1:0", $"--Auth:Jwt:Issuer={TestTokens.Issuer}",
            $"--Auth:Jwt:Audience={TestTokens.Audience}", $"--Auth:Jwt:JwksUrl={keys}", "--Logging:Level=Fatal",
        ];
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", args);
        start.Environment["http_proxy"] = proxy;
        start.Environment.Remove("no_proxy");
        start.Environment.Remove("NO_PROXY");
        return Process.Start(start)!;
    }
}
