using System.Diagnostics;
using System.Globalization;
using SseServer.Tests.Support;

namespace SseServer.Tests.History.Faults;

/// <summary>A running <see cref="StoreWriter"/>, and its output. Disposing it kills it.</summary>
internal sealed class WriterProcess : IDisposable
{
    private readonly Process _process;
    private string? _last = "";

    /// <param name="arguments">The store's file, the number of commits to make, and, if the journal is a file, its path.</param>
    /// <param name="prepare">Changes how the process is started, such as its environment.</param>
    public WriterProcess(string[] arguments, Action<ProcessStartInfo>? prepare = null)
    {
        var start = new ProcessStartInfo(
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [typeof(StoreWriter).Assembly.Location, .. arguments])
        {
            RedirectStandardOutput = true,
        };
        prepare?.Invoke(start);
        _process = Process.Start(start)!;
    }

    /// <summary>More commits than any test waits for.</summary>
    public static string Endless { get; } = int.MaxValue.ToString(CultureInfo.InvariantCulture);

    public int Id => _process.Id;

    /// <summary>The number of the last commit that is known to be acknowledged.</summary>
    public int Acknowledged { get; private set; }

    /// <summary>Reads its output until it has acknowledged some number of commits.</summary>
    public async Task AcknowledgesAsync(int commits)
    {
        while (Acknowledged < commits) await ReadLineAsync();
        Assert.That(Acknowledged, Is.EqualTo(commits));
    }

    /// <summary>Reads its output until a line comes.</summary>
    public async Task SaysAsync(string line)
    {
        while (_last != line) await ReadLineAsync();
    }

    public async Task<int> ExitsAsync()
    {
        await _process.WaitForExitAsync().Soon();
        return _process.ExitCode;
    }

    /// <summary>Kills it, and reads the rest of its output.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        while (await _process.StandardOutput.ReadLineAsync() is { } line) Take(line);
        await _process.WaitForExitAsync();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private async Task ReadLineAsync()
    {
        _last = await _process.StandardOutput.ReadLineAsync().Soon();
        if (_last is null) Assert.Fail($"It ended after {Acknowledged} commits.");
        Take(_last!);
    }

    private void Take(string line)
    {
        if (int.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) Acknowledged = number;
    }
}
