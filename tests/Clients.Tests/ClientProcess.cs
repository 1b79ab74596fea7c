using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace SseServer.Clients.Tests;

/// <summary>A running client, and what it has reported so far. The lines are those of tests/clients/node/report.mjs.</summary>
internal sealed class ClientProcess : IDisposable
{
    private readonly Process _process;
    private readonly ClientProgram _program;
    private readonly Lock _gate = new();
    private readonly List<int> _numbers = [];
    private readonly Dictionary<string, int> _errors = [];
    private bool _isDisposed;

    private ClientProcess(ClientProgram program, Process process)
    {
        (_program, _process) = (program, process);
        _ = ReadAsync();
        _ = ReadErrorsAsync();
    }

    /// <summary>Responses that began.</summary>
    public int Opens { get; private set; }

    /// <summary>The client has said that it will not reconnect, or it has ended.</summary>
    public bool IsStopped { get; private set; }

    /// <summary>The first event whose text is not what was published; null if all are right.</summary>
    public string? WrongData { get; private set; }

    /// <summary>Events without a name and data: nothing that was published.</summary>
    public int Empty { get; private set; }

    /// <summary>The number of the last event.</summary>
    public int Last
    {
        get { lock (_gate) return _numbers.Count == 0 ? 0 : _numbers[^1]; }
    }

    /// <summary>Everything else that it said, for the test's output.</summary>
    public string Errors
    {
        get { lock (_gate) return string.Join("; ", _errors.Select(error => $"{error.Value} x {error.Key}")); }
    }

    public static ClientProcess Start(ClientProgram program, Uri server, string tokenFile)
    {
        var url = new Uri(server, program.IsDatastar ? EventPublisher.DatastarPath : EventPublisher.PlainPath).AbsoluteUri;
        var start = new ProcessStartInfo(program.Command[0], program.Command[1..].Select(word => word == "URL" ? url : word))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        start.Environment["TOKEN_FILE"] = tokenFile;
        return new ClientProcess(program, Process.Start(start)!);
    }

    /// <summary>Whether all events from the first to the last came once and in order; otherwise what is wrong.</summary>
    public string? FindFault()
    {
        lock (_gate)
        {
            for (var i = 1; i < _numbers.Count; i++)
            {
                if (_numbers[i] == _numbers[i - 1] + 1) continue;
                return _numbers[i] > _numbers[i - 1] ? "loses events" : "repeats events";
            }

            return null;
        }
    }

    public void Dispose()
    {
        if (_isDisposed) return;
        _isDisposed = true;
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }

    private async Task ReadAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line) Take(line);
        lock (_gate) IsStopped = true;
    }

    private async Task ReadErrorsAsync()
    {
        while (await _process.StandardError.ReadLineAsync() is { } line) Note(line);
    }

    private void Take(string line)
    {
        using var json = JsonDocument.Parse(line);
        switch (json.RootElement.GetProperty("type").GetString())
        {
            case "open":
                lock (_gate) Opens++;
                break;
            case "stopped":
                lock (_gate) IsStopped = true;
                Note(line);
                break;
            case "event":
                TakeEvent(json.RootElement.GetProperty("name").GetString(), json.RootElement.GetProperty("data").GetString()!);
                break;
            default:
                Note(line);
                break;
        }
    }

    private void TakeEvent(string? name, string data)
    {
        if (name == "gap") Note($"gap: {data}");
        if (string.IsNullOrEmpty(name) && data.Length == 0) Empty++;
        if (name is not (EventPublisher.PlainName or EventPublisher.DatastarName)) return;
        lock (_gate)
        {
            var number = int.Parse(data.AsSpan(data.IndexOfAnyInRange('0', '9'))[..EventPublisher.Digits], CultureInfo.InvariantCulture);
            var expected = _program.IsDatastar ? EventPublisher.DatastarSignals(number) : EventPublisher.PlainData(number);
            if (data != expected) WrongData ??= data;
            _numbers.Add(number);
        }
    }

    private void Note(string line)
    {
        lock (_gate)
            if (_errors.Count < 20) _errors[line] = _errors.GetValueOrDefault(line) + 1;
    }
}
