using System.Diagnostics;
using System.Globalization;
using System.Net;
using SseServer.Tests.Support;
using SseServer.Tests.Transport;

namespace SseServer.Tests.Conformance;

/// <summary>The conformance host as a program: arguments in, an address and an exit code out.</summary>
public sealed class HostProgramTests
{
    [TestCase("Start it with --listen HOST:PORT")]
    [TestCase("Start it with --listen HOST:PORT", "--listen")]
    [TestCase("Start it with --listen HOST:PORT", "--port", "80")]
    [TestCase("Start it with --listen HOST:PORT", "--listen", "127.0.0.1:0", "more")]
    [TestCase("--listen 127.0.0.1 has no port; write HOST:PORT", "--listen", "127.0.0.1")]
    [TestCase("192.0.2.1:1 cannot be listened on", "--listen", "192.0.2.1:1")]
    public async Task Wrong_use_ends_with_2_and_one_sentence(string sentence, params string[] args)
    {
        using var host = Start(args);
        var output = host.StandardOutput.ReadToEndAsync();
        var error = await host.StandardError.ReadToEndAsync().Soon();
        await host.WaitForExitAsync().Soon();
        Assert.That((host.ExitCode, await output), Is.EqualTo((2, "")));
        Assert.That(error, Does.StartWith(sentence));
        Assert.That(error.TrimEnd(), Does.Not.Contain("\n"));
    }

    [TestCase("TERM")]
    [TestCase("INT")]
    [Platform("Linux,MacOsX")]
    public async Task Signal_stops_a_host_that_serves_with_0(string signal)
    {
        using var host = Start("--listen", "127.0.0.1:0");
        var error = host.StandardError.ReadToEndAsync();
        var line = await host.StandardOutput.ReadLineAsync().Soon();
        Assert.That(line, Does.Match(@"^Listening on 127\.0\.0\.1:\d+$"));

        using var client = await TestClient.ConnectAsync(IPEndPoint.Parse(line!["Listening on ".Length..]), 0);
        await client.SendAsync("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.That((await client.ReadReplyAsync()).Body, Is.EqualTo("Host: a\n"));

        using var kill = Process.Start("kill", ["-" + signal, host.Id.ToString(CultureInfo.InvariantCulture)]);
        await host.WaitForExitAsync().Soon();
        Assert.That(host.ExitCode, Is.Zero, await error);
    }

    private static Process Start(params string[] args)
    {
        var start = new ProcessStartInfo(
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
            [Path.Combine(AppContext.BaseDirectory, "ConformanceHost.dll"), .. args])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return Process.Start(start)!;
    }
}
