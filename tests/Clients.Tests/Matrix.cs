using System.Diagnostics;

namespace SseServer.Clients.Tests;

/// <summary>
/// All clients at once against one server, through every kind of end: the streams are shed, a token expires, the server restarts, a full
/// server refuses for now, and the topics end. A client that is gone after one of them is started again for the next.
/// </summary>
internal sealed class Matrix : IAsyncDisposable
{
    // Long enough for each client's own backoff.
    private static readonly TimeSpan ReturnPatience = TimeSpan.FromSeconds(12);
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan QuietTime = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan TokenLife = TimeSpan.FromSeconds(7);
    private static readonly TimeSpan FinalPatience = TimeSpan.FromSeconds(4);

    private const int EventsInThreeSeconds = 60;

    // So few are taken that the server does not lengthen its reconnection times.
    private const int PlacesPerClient = 3;

    private readonly List<(Row Row, ClientProcess Process)> _clients = [];
    private readonly MatrixServer _server;
    private readonly EventPublisher _publisher;

    private Matrix(MatrixServer server)
    {
        _server = server;
        _publisher = new EventPublisher(server.Url);
    }

    /// <summary>Runs everything and gives a row for each client.</summary>
    /// <param name="programs">The clients; all can be run on this machine.</param>
    /// <param name="end">The value of Streams:TemporaryEnd.</param>
    public static async Task<List<Row>> RunAsync(IReadOnlyList<ClientProgram> programs, string end)
    {
        var server = await MatrixServer.StartAsync($"--Streams:TemporaryEnd={end}", "--Streams:Retry=500ms", "--Streams:MinRetry=100ms",
            "--Streams:HeartbeatInterval=1s", "--Auth:ExpiryNotice=0s", $"--Limits:MaxStreams={PlacesPerClient * programs.Count}",
            "--Drain:Seconds=1", "--Drain:RestartAllowance=3s");
        await using var matrix = new Matrix(server);
        await matrix.RunAsync(programs);
        return matrix._clients.ConvertAll(client => client.Row);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (_, process) in _clients) process.Dispose();
        await _publisher.DisposeAsync();
        _server.Dispose();
    }

    private async Task RunAsync(IReadOnlyList<ClientProgram> programs)
    {
        _server.SetToken(TimeSpan.FromMinutes(10));
        foreach (var program in programs) _clients.Add((new Row(program), Start(program)));
        await UntilAsync(client => client.Process.Last > 0, StartPatience);
        Log("all have started");
        _publisher.IsPaused = true;
        await Task.Delay(QuietTime);
        _publisher.IsPaused = false;
        var mark = _publisher.Published;
        await UntilAsync(client => client.Process.Last > mark, ReturnPatience);
        foreach (var (row, process) in _clients) row.Receives = DescribeData(process);

        await ReplaceGoneAsync();
        await _publisher.ShedAsync();
        await Task.Delay(300);
        await ReturnAsync((row, result) => row.Shed = result);

        await ExpireAsync();

        await ReplaceGoneAsync();
        await _server.RestartAsync();
        await ReturnAsync((row, result) => row.Drain = result);

        await RefuseAsync();
        await ReplaceGoneAsync();
        await EndAsync();
    }

    // All streams begin again, with a token that expires soon.
    private async Task ExpireAsync()
    {
        var expiry = _server.SetToken(TokenLife);
        await _publisher.ShedAsync();
        for (var i = 0; i < _clients.Count; i++)
            if (_clients[i].Row.Shed != Row.Back) Replace(i);
        var mark = _publisher.Published;
        await UntilAsync(client => client.Process.Last > mark, TokenLife);
        _server.SetToken(TimeSpan.FromMinutes(10));
        // The server looks at tokens once a second.
        var left = expiry + TimeSpan.FromSeconds(1.5) - DateTimeOffset.UtcNow;
        if (left > TimeSpan.Zero) await Task.Delay(left);
        await ReturnAsync((row, result) => row.Token = result);
    }

    // The server restarts and is full at once. A client that a drain loses, or that was back before the places were taken, is started again
    // when they are.
    private async Task RefuseAsync()
    {
        await _server.RestartAsync();
        var mark = _publisher.Published;
        using (var fillers = new Fillers(_server.Url))
        {
            await fillers.FillAsync();
            await Task.Delay(500);
            var again = _clients.FindAll(client => client.Row.Drain != Row.Back || client.Process.Last > mark);
            foreach (var (_, process) in again) process.Dispose();
            await Task.Delay(300);
            await fillers.FillAsync();
            var opens = _clients.ToDictionary(client => client.Row, client => again.Contains(client) ? 0 : client.Process.Opens);
            for (var i = 0; i < _clients.Count; i++)
                if (again.Contains(_clients[i])) Replace(i);
            await UntilAsync(client => !client.Row.Program.ReportsOpen || client.Process.Opens > opens[client.Row], ReturnPatience);
            // Some do not report it.
            await Task.Delay(1500);
            foreach (var (row, process) in _clients)
                if (row.Program.ReportsOpen) Log($"{row.Program.Name} was refused {process.Opens - opens[row]} times");
        }

        await ReturnAsync((row, result) => row.Refusal = result);
    }

    private async Task EndAsync()
    {
        await _publisher.EndTopicsAsync();
        await UntilAsync(client => client.Process.IsStopped, FinalPatience);
        foreach (var (row, process) in _clients)
        {
            var hasAll = process.Last == _publisher.Published;
            row.Final = !hasAll ? "misses the last event" : process.IsStopped ? "stops" : "asks again";
        }
    }

    // All streams have ended: whoever gets an event that is published from now on has returned.
    private async Task ReturnAsync(Action<Row, string> set)
    {
        var mark = _publisher.Published;
        await UntilAsync(client => client.Process.Last > mark, ReturnPatience);
        foreach (var (row, process) in _clients)
            set(row, process.Last <= mark ? Row.Gone : process.FindFault() ?? Row.Back);
        Log($"{_clients.Count(client => client.Process.Last > mark)} have returned; {_publisher.Published} events");
    }

    private async Task ReplaceGoneAsync()
    {
        var mark = _publisher.Published;
        for (var i = 0; i < _clients.Count; i++)
        {
            var process = _clients[i].Process;
            if (process.IsStopped || process.FindFault() is not null || process.Last < mark - EventsInThreeSeconds) Replace(i);
        }

        await UntilAsync(client => client.Process.Last > mark, StartPatience);
    }

    private void Replace(int index)
    {
        var (row, process) = _clients[index];
        Log($"{row.Program.Name}: {process.Errors}");
        process.Dispose();
        _clients[index] = (row, Start(row.Program));
    }

    private ClientProcess Start(ClientProgram program) => ClientProcess.Start(program, _server.Url, _server.TokenFile);

    // Waits until something holds of every client that has not stopped, or until the time is up.
    private async Task UntilAsync(Func<(Row Row, ClientProcess Process), bool> holds, TimeSpan patience)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        var start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < patience && !_clients.All(client => client.Process.IsStopped || holds(client)))
            await timer.WaitForNextTickAsync();
    }

    private static string DescribeData(ClientProcess process)
    {
        if (process.Last == 0) return "nothing";
        if (process.WrongData is not { } wrong) return process.Empty == 0 ? "all" : "all, and an empty message for each block without data";
        if (!wrong.Contains('ö', StringComparison.Ordinal)) return "all, but as Latin-1";
        return wrong.Contains("one", StringComparison.Ordinal) ? "other data" : "only the last line of data";
    }

    private static void Log(string text) => TestContext.Out.WriteLine($"{DateTime.Now:HH:mm:ss.f} {text.TrimEnd()}");
}
