using System.Diagnostics;
using System.Text;
using System.Text.Json;
using SseServer.Tests.Support;

namespace SseServer.Browser.Tests;

/// <summary>Tabs of one profile in a Firefox, each of which reads with the server's own client.</summary>
internal sealed class FirefoxTabs : IAsyncDisposable
{
    // A browser and its tabs take some seconds to start, and far longer on a busy machine.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly Process _process;
    private readonly List<(int Tab, string Type, string Data)> _seen = [];
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _reading;

    private FirefoxTabs(Process process)
    {
        _process = process;
        _reading = ReadAsync();
    }

    /// <summary>Starts it; the test is ignored if there is no Firefox, no node or no npm registry.</summary>
    /// <param name="url">What the tabs subscribe to.</param>
    /// <param name="count">How many.</param>
    /// <param name="options">The options of the client, in JavaScript.</param>
    public static async Task<FirefoxTabs> OpenAsync(Uri url, int count, string options)
    {
        var firefox = Array.Find(["/usr/bin/firefox-esr", "/usr/bin/firefox"], File.Exists);
        if (firefox is null) Assert.Ignore("Firefox is not installed on this machine.");
        await NodePackages.RequireAsync();
        var tabs = new FirefoxTabs(Process.Start(
            new ProcessStartInfo("node", [Path.Combine(NodePackages.Folder, "tabs.mjs"), firefox!, url.AbsoluteUri, $"{count}", options])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                StandardOutputEncoding = Encoding.UTF8,
            })!);
        await tabs._ready.Task.WaitAsync(Patience);
        return tabs;
    }

    /// <summary>The data of what a tab has got under a name.</summary>
    public string[] Of(int tab, string type)
    {
        lock (_seen) return [.. from seen in _seen where seen.Tab == tab && seen.Type == type select seen.Data];
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync().Soon();
        await _reading;
        _process.Dispose();
    }

    private async Task ReadAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            var seen = JsonDocument.Parse(line).RootElement;
            if (seen.GetArrayLength() == 0)
            {
                _ready.TrySetResult();
                continue;
            }

            lock (_seen) _seen.Add((seen[0].GetInt32(), seen[1].GetString()!, seen[2].GetString()!));
        }

        _ready.TrySetException(new IOException("node ended."));
    }
}
