using System.Diagnostics;
using System.Globalization;
using SseServer.History;
using SseServer.Protocol.EventStream;
using SseServer.Protocol.Topics;

namespace SseServer.Bench.Micro.StoreFormats;

/// <summary>
/// Compares the server's format with a row for each event. The formats take turns, and each figure is the median of its rounds.
/// </summary>
internal sealed class FormatComparison(string directory)
{
    private static readonly string[] Names = ["blocks", "rows by topic", "rows by id"];

    private readonly byte[] _block = EventBlock();
    private readonly StoreCommit _commit = new();
    private long _id;

    public static TopicPattern Everything { get; } =
        TopicPattern.TryCreate("**"u8, out var pattern, out _) ? pattern! : throw new UnreachableException();

    public static void Run(string[] args)
    {
        var directory = Directory.CreateTempSubdirectory("sse-store-formats-");
        try
        {
            new FormatComparison(directory.FullName).Run(args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 5);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private void Run(int rounds)
    {
        foreach (var topics in new[] { 1, 100 })
        {
            foreach (var events in new[] { 1, 32, 1000 })
                Compare($"commit of {events}, {topics} topic(s), ms", rounds, format => Commits(format, events, topics));
        }

        Compare("replay of 100,000, 1 topic, ms", rounds, format => Replay(format, 1, [Topic(0)]));
        Compare("replay of 100,000, pattern over 100 topics, ms", rounds, format => Replay(format, 100, []));
        Compare("replay of 100,000, 1 of 100 topics, 10 times, ms", rounds, format => Replay(format, 100, [Topic(7)], 10));
        Compare("replay of 100,000, pattern over 1,000 topics, ms", 1, format => Replay(format, 1000, []));
        Compare("trim of 100,000 of 1 topic, ms", rounds, Trim);
        Compare("file of 100,000, 1 topic, MB", 1, format => Size(format, 1));
        Compare("file of 100,000, 100 topics, MB", 1, format => Size(format, 100));
        Compare("start with 5,000,000, ms", 1, Start);
    }

    private void Compare(string what, int rounds, Func<int, double> measure)
    {
        var results = Names.Select(_ => new List<double>()).ToArray();
        for (var round = 0; round < rounds; round++)
        {
            for (var format = 0; format < Names.Length; format++)
            {
                _id = 0;
                results[format].Add(measure(format));
                foreach (var file in Directory.GetFiles(directory)) File.Delete(file);
            }
        }

        var medians = results.Select(values => values.Order().ElementAt(values.Count / 2)).ToArray();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{what,-55} {string.Join("  ", medians.Select((median, i) => $"{Names[i]} {median:0.000} ({median / medians[0]:0.00})"))}"));
    }

    private double Commits(int format, int events, int topics)
    {
        using var store = Open(format);
        Write(store, 2000, events, topics);
        var commits = events == 1000 ? 100 : 400;
        var elapsed = TimeSpan.Zero;
        for (var i = 0; i < commits; i++)
        {
            Fill(events, topics);
            var start = Stopwatch.GetTimestamp();
            store.Commit(_commit);
            elapsed += Stopwatch.GetElapsedTime(start);
            _commit.Clear();
        }

        return elapsed.TotalMilliseconds / commits;
    }

    private double Replay(int format, int topics, byte[][] selected, int times = 1)
    {
        using var store = Open(format);
        Write(store, 100_000, 1000, topics);
        store.ReadAll(selected);
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < times; i++)
        {
            if (store.ReadAll(selected) != (selected.Length == 0 ? 100_000 : 100_000 / topics))
                throw new InvalidDataException("Events are missing.");
        }

        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private double Trim(int format)
    {
        using var store = Open(format);
        Write(store, 110_000, 1000, 1);
        var start = Stopwatch.GetTimestamp();
        store.Trim(Topic(0), 10_000);
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private double Size(int format, int topics)
    {
        using (var store = Open(format)) Write(store, 100_000, 1000, topics);
        return new FileInfo(PathOf(format)).Length / 1e6;
    }

    private double Start(int format)
    {
        using (var store = Open(format)) Write(store, 5_000_000, 10_000, 100);
        Console.WriteLine($"  {Names[format]}: {new FileInfo(PathOf(format)).Length / 1_000_000} MB");
        var start = Stopwatch.GetTimestamp();
        using var again = Open(format);
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private void Write(IStoreFormat store, int events, int batch, int topics)
    {
        for (var written = 0; written < events; written += batch)
        {
            Fill(batch, topics);
            store.Commit(_commit);
            _commit.Clear();
        }
    }

    private void Fill(int events, int topics)
    {
        Span<byte> text = stackalloc byte[EventId.MaxTextLength];
        for (var i = 0; i < events; i++)
        {
            var id = text[..new EventId(++_id + (1L << 40)).Format(text)];
            var length = EventFrame.Measure(id.Length, _block.Length, hasPublisherId: false);
            EventFrame.Write(_commit.Reserve(length), id, _block, hasPublisherId: false, out var prefixLength);
            _commit.Add(Topic((int)(_id % topics)), _id + (1L << 40), length, prefixLength, 0);
        }

        _commit.HighWater = _id + (1L << 40);
    }

    private IStoreFormat Open(int format)
    {
        IStoreFormat store = format == 0
            ? new BlockFormat(PathOf(format))
            : new RowFormat(PathOf(format), isClusteredByTopic: format == 1);
        store.Open();
        return store;
    }

    private string PathOf(int format) => Path.Combine(directory, $"{format}.db");

    private static byte[] Topic(int number)
        => System.Text.Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"bench/{number}"));

    private static byte[] EventBlock()
    {
        var source = new ServerSentEvent { RetryMilliseconds = -1, Data = new string('x', 200).Select(c => (byte)c).ToArray() };
        var block = new byte[EventStreamEncoder.Measure(source)];
        EventStreamEncoder.Write(block, source);
        return block;
    }
}
