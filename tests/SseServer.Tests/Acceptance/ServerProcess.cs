using System.Diagnostics;
using System.Net;
using SseServer.Tests.Support;

namespace SseServer.Tests.Acceptance;

/// <summary>The built program in a process of its own, on a port of the system's choice.</summary>
internal sealed class ServerProcess : IDisposable
{
    private const string Listening = "Listening on ";

    private readonly Process _process;
    private readonly Task<string> _error;

    private ServerProcess(Process process)
    {
        _process = process;
        _error = process.StandardError.ReadToEndAsync();
    }

    public IPEndPoint EndPoint { get; private set; } = null!;

    public static Task<ServerProcess> StartAsync(params string[] args) => StartAtAsync(0, args);

    /// <summary>Starts it on a port of the caller's choice, as one that takes another's place.</summary>
    public static async Task<ServerProcess> StartAtAsync(int port, params string[] args)
    {
        var start = new ProcessStartInfo(
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
            [Path.Combine(AppContext.BaseDirectory, "sse-server.dll"), "--listen", $"127.0.0.1:{port}", .. args])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var server = new ServerProcess(Process.Start(start)!);
        await server.ReadEndPointAsync().Soon();
        return server;
    }

    /// <summary>As a crash: no code of the program runs any more.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync().Soon();
    }

    /// <summary>As an operator stops it; returns the exit code.</summary>
    public async Task<int> StopAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        await _process.WaitForExitAsync().Soon();
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
    }

    private async Task ReadEndPointAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            var at = line.IndexOf(Listening, StringComparison.Ordinal);
            if (at < 0) continue;
            EndPoint = IPEndPoint.Parse(line.AsSpan(at + Listening.Length).Trim('"'));
            // The rest of the log is read away, so that it never fills its pipe.
            _ = _process.StandardOutput.ReadToEndAsync();
            return;
        }

        Assert.Fail("The server did not start: " + await _error);
    }
}
