using System.Globalization;

namespace SseServer.Bench.FanOut;

/// <summary>What the command line asks for.</summary>
internal sealed record BenchOptions
{
    public const string Usage = """
        Usage: FanOut [options]
          --workload A,B   steady, throughput, burst, topics, idle, idle-tls, replay, stalled, keyed, one,
                           publish; default all; and, only if they are named, patterns and soak,
                           which runs for hours
          --peers A,B      aspnetcore, nchan, node, send-loop, or none; default all that are installed
          --history A,B    the server also with history in a file and the durability sync, async
          --rounds N       rounds, in each of which every server has its turn; default 5, with --short 1
          --seconds N      length of a measured window; default 10, with --short 2
          --minutes N      length of a soak; default 120
          --streams N      streams, instead of each workload's own number
          --short          a look, not a measurement
          --server PATH    the sse-server program; default src/SseServer/bin/Release/net10.0/sse-server
          --output DIR     writes results.md and results.json there
          --seed N         of fillers and random choices; default 1
        """;

    public IReadOnlyList<string> Workloads { get; private init; } = [];

    public IReadOnlyList<string>? Peers { get; private init; }

    public IReadOnlyList<string> Durabilities { get; private init; } = [];

    public int? Rounds { get; private init; }

    public int? Seconds { get; private init; }

    public int? Minutes { get; private init; }

    public int? Streams { get; private init; }

    public bool Short { get; private init; }

    public string? Server { get; private init; }

    public string? Output { get; private init; }

    public int Seed { get; private init; } = 1;

    /// <summary>Rounds to run, 1 to 100.</summary>
    public int RoundCount => Math.Clamp(Rounds ?? (Short ? 1 : 5), 1, 100);

    /// <summary>Length of a measured window, 1 to 600 seconds.</summary>
    public TimeSpan Window => TimeSpan.FromSeconds(Math.Clamp(Seconds ?? (Short ? 2 : 10), 1, 600));

    /// <summary>Length of a soak, 1 minute to a week.</summary>
    public TimeSpan Soak => TimeSpan.FromMinutes(Math.Clamp(Minutes ?? 120, 1, 7 * 24 * 60));

    /// <summary>Events are published so long before the window begins, for compilers and buffers to settle.</summary>
    public TimeSpan WarmUp => TimeSpan.FromSeconds(Short ? 1 : 3);

    /// <summary>Reads the command line; null if it is not valid.</summary>
    public static BenchOptions? Parse(ReadOnlySpan<string> arguments)
    {
        var options = new BenchOptions();
        for (var i = 0; i < arguments.Length; i++)
        {
            if (arguments[i] == "--short")
            {
                options = options with { Short = true };
                continue;
            }
            if (i + 1 == arguments.Length || options.With(arguments[i], arguments[++i]) is not { } next) return null;
            options = next;
        }
        return options;
    }

    private BenchOptions? With(string name, string value) => name switch
    {
        "--workload" => this with { Workloads = value.Split(',') },
        "--peers" => this with { Peers = value.Split(',') },
        "--history" => this with { Durabilities = value.Split(',') },
        "--server" => this with { Server = Path.GetFullPath(value) },
        "--output" => this with { Output = value },
        _ => int.TryParse(value, CultureInfo.InvariantCulture, out var number) ? With(name, number) : null,
    };

    private BenchOptions? With(string name, int value) => name switch
    {
        "--rounds" => this with { Rounds = value },
        "--seconds" => this with { Seconds = value },
        "--minutes" => this with { Minutes = value },
        "--streams" => this with { Streams = Math.Max(1, value) },
        "--seed" => this with { Seed = value },
        _ => null,
    };
}
