using System.Globalization;
using SseServer.History;
using SseServer.History.Sqlite;
using SseServer.Tests.History.Support;

namespace SseServer.Tests.History.Faults;

/// <summary>
/// The process under test: <c>dotnet SseServer.Tests.dll PATH COMMITS [JOURNAL]</c> makes commits 1, 2, 3, ... and writes a line to the
/// journal, or to its output, for each that was acknowledged. The events of a commit follow from its number, so another process knows what
/// must be there.
/// </summary>
internal static class StoreWriter
{
    /// <summary>A topic of which each commit has an event with a key. Its retention is a few events.</summary>
    public const string KeyedTopic = "keyed";

    private const int Keys = 40;

    /// <summary>The ids of a commit begin at its number times this.</summary>
    public const long IdsPerCommit = 100;

    public static int Main(string[] args)
    {
        var commits = int.Parse(args[1], CultureInfo.InvariantCulture);
        // Unbuffered, so that a line is one write, in order with those of the store.
        using var journal = args.Length > 2
            ? new FileStream(args[2], FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0)
            : Console.OpenStandardOutput();
        using var store = new SqliteEventStore(args[0]) { CheckpointPages = 128 };
        store.Open(1, 1);
        for (var number = 1; number <= commits;)
        {
            try
            {
                StoreEvents.Commit(store, [.. Events(number), KeyedEvent(number)]);
                journal.Write(StoreEvents.Utf8(string.Create(CultureInfo.InvariantCulture, $"{number}\n")));
                number++;
                if (number % 8 != 0) continue;
                StoreEvents.TrimTo(store, KeyedTopic, new StoreBounds(4, long.MaxValue, 0));
                store.Maintain();
            }
            catch (StoreException failure)
            {
                journal.Write(StoreEvents.Utf8($"{failure.Failure}\n"));
            }
        }

        using var reader = store.OpenReader();
        var events = Enumerable.Range(1, commits).SelectMany(Events).Select(e => e.Id);
        var isWhole = StoreEvents.ReadIds(reader, StoreEvents.Select("t/*")).SequenceEqual(events)
            && StoreEvents.ReadIds(reader, StoreEvents.Select(KeyedTopic) with { LatestOnly = true }).SequenceEqual(LatestIds(commits));
        journal.Write(isWhole ? "whole\n"u8 : "not whole\n"u8);
        return isWhole ? 0 : 1;
    }

    /// <summary>The last event of a commit; it supersedes that of an earlier commit.</summary>
    public static StoredEvent KeyedEvent(int number) => new(KeyedTopic, (number * IdsPerCommit) + 50, "x") { Key = $"k{number % Keys}" };

    /// <summary>The newest event of each key after some number of commits.</summary>
    public static IEnumerable<long> LatestIds(int commits)
        => Enumerable.Range(1, commits).TakeLast(Keys).Select(number => KeyedEvent(number).Id);

    /// <summary>The other events of a commit: some small ones and, now and then, one of many pages.</summary>
    public static IEnumerable<StoredEvent> Events(int number)
    {
        var random = new Random(number);
        var count = random.Next(1, 6);
        for (var i = 0; i < count; i++)
        {
            var length = random.Next(10) == 0 ? random.Next(60_000) : random.Next(3_000);
            var topic = $"t/{random.Next(5)}";
            var data = new string((char)('a' + random.Next(26)), length);
            yield return new(topic, (number * IdsPerCommit) + i, data, random.Next(3) == 0 ? $"p{number}.{i}" : null);
        }
    }
}
