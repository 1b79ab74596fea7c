using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

using SseServer.Tests.Support;

namespace SseServer.Tests.Acceptance.Proxies;

/// <summary>Many clients of npm's <c>eventsource</c>, in one node process.</summary>
internal sealed class ReturningClients : IDisposable
{
    private static readonly Lazy<Task<string?>> Installed = new(InstallAsync);

    private readonly Process _process;

    private ReturningClients(Process process) => _process = process;

    /// <summary>Their last report; see <c>node/clients.mjs</c>.</summary>
    public Totals Last { get; private set; } = new();

    /// <summary>Whether node and npm's <c>eventsource</c> are to be had.</summary>
    public static async Task<bool> AreInstalledAsync() => await Installed.Value is not null;

    public static async Task<ReturningClients> StartAsync(string url, int count)
    {
        var start = new ProcessStartInfo("node",
            [Path.Combine((await Installed.Value)!, "clients.mjs"), url, count.ToString(CultureInfo.InvariantCulture)])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        return new ReturningClients(Process.Start(start)!);
    }

    /// <summary>Reads reports until a condition is met; fails the test if that takes too long, or if a client dies first.</summary>
    public async Task UntilAsync(Func<Totals, bool> holds, string what)
    {
        var start = Stopwatch.GetTimestamp();
        while (!holds(Last))
        {
            var left = Scale.Patience - Stopwatch.GetElapsedTime(start);
            string? line = null;
            try
            {
                if (left > TimeSpan.Zero) line = await _process.StandardOutput.ReadLineAsync().WaitAsync(left);
            }
            catch (TimeoutException)
            {
                // As at the end of its output.
            }

            if (line is null) Assert.Fail($"It never came to this: {what}. The clients say {Last}");
            Last = JsonSerializer.Deserialize<Totals>(line!, JsonSerializerOptions.Web)!;
            Assert.That(Last.Dead, Is.Zero, $"Clients gave up for good: {Last}");
        }
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
    }

    // Beside the test's assembly, so that a second run finds it there.
    private static async Task<string?> InstallAsync()
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "Acceptance", "Proxies", "node");
        if (Directory.Exists(Path.Combine(folder, "node_modules", "eventsource"))) return folder;
        try
        {
            using var npm = Process.Start(new ProcessStartInfo(OperatingSystem.IsWindows() ? "npm.cmd"
                : "npm", "ci --no-audit --no-fund --ignore-scripts")
            {
                WorkingDirectory = folder,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            var output = Task.WhenAll(npm.StandardOutput.ReadToEndAsync(), npm.StandardError.ReadToEndAsync());
            await npm.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));
            await TestContext.Out.WriteLineAsync(string.Join('\n', await output));
            return npm.ExitCode == 0 ? folder : null;
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or TimeoutException)
        {
            return null;
        }
    }

    /// <param name="Opens">Streams opened so far.</param>
    /// <param name="Open">Streams open now.</param>
    /// <param name="Dead">Clients that do not come back.</param>
    /// <param name="Events">Events received so far.</param>
    /// <param name="LongestSilence">The longest time that a client was away, in milliseconds.</param>
    /// <param name="Answers">The statuses that made clients give up, and how often.</param>
    internal sealed record Totals(int Opens = 0, int Open = 0, int Dead = 0, int Events = 0, int LongestSilence = 0, Dictionary<string,
        int>? Answers = null)
    {
        public override string ToString() => JsonSerializer.Serialize(this);
    }
}
