using System.Diagnostics;

namespace SseServer.Clients.Tests;

/// <summary>A Chromium without a window that listens for its remote control, with a profile of its own.</summary>
internal sealed class ChromiumProcess : IDisposable
{
    private const string Listening = "DevTools listening on ";

    private readonly Process _process;
    private readonly DirectoryInfo _profile;

    private ChromiumProcess(Process process, DirectoryInfo profile, string address)
    {
        _process = process;
        _profile = profile;
        Address = address;
    }

    /// <summary>The WebSocket URL of its remote control.</summary>
    public string Address { get; }

    /// <summary>Starts it; null if this machine has no Chromium.</summary>
    public static async Task<ChromiumProcess?> StartAsync()
    {
        if (Tools.Find("chromium", "chromium-browser", "google-chrome") is not { } program) return null;
        var profile = Directory.CreateTempSubdirectory("sse-browser-");
        // The sandbox needs rights that containers withhold; the pages are ours.
        string[] arguments =
        [
            "--headless", "--no-sandbox", "--disable-dev-shm-usage", "--remote-debugging-port=0", $"--user-data-dir={profile.FullName}",
        ];
        var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (await process.StandardError.ReadLineAsync(patience.Token) is { } line)
        {
            if (!line.StartsWith(Listening, StringComparison.Ordinal)) continue;
            // The rest is read away, so that it never fills its pipe.
            _ = process.StandardError.ReadToEndAsync(CancellationToken.None);
            return new ChromiumProcess(process, profile, line[Listening.Length..].Trim());
        }

        process.Dispose();
        Assert.Fail($"{program} did not start.");
        return null;
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
        try
        {
            _profile.Delete(recursive: true);
        }
        catch (IOException)
        {
            // One of its processes still writes; the system's temporary folder is cleaned in time.
        }
    }
}
