using System.Text;
using Npgsql;
using SseServer.Protocol.EventStream;
using SseServer.Protocol.Topics;
using SseServer.Publishing;

namespace SseServer.Tests.History.Postgres;

/// <summary>What <c>publish()</c> makes of an event is what the server makes of it: a property over random events.</summary>
internal sealed class PublishedBytesTests
{
    private static readonly string[] Pieces =
    [
        "a", "ä", "€", "😀", " ", "\r", "\n", "\r\n", "data: ", "id: 1", ":", "\u2028", "\u0085", "\t", "\\", "'", "\"", "{}", "$1", "%s",
    ];

    private static readonly string[] LinePieces = ["a", "ä", "€", "😀", "x y", ":", "\\", "'", "\"", "$$", "\\1", "%"];

    [Test]
    public async Task Blocks_and_digests_are_those_of_the_server()
    {
        var history = await PostgresHistory.CreateAsync();
        await using var session = await history.Database.OpenAsync();
        var random = new Random(1);
        var events = Enumerable.Range(0, 500).Select(_ => new Event(random)).ToList();
        await session.ExecuteAsync("begin");
        foreach (var e in events)
            await session.ExecuteAsync(Statements.Publish, "t", e.Data, e.Name, e.Key, e.Id, e.IsFinal, e.Retry);
        await session.ExecuteAsync("commit");

        await AssertSameAsync(session, events);
    }

    [Test]
    public async Task An_end_alone_is_that_of_the_server()
    {
        var history = await PostgresHistory.CreateAsync();
        await using var session = await history.Database.OpenAsync();
        await session.ExecuteAsync("select sse.publish('t', final => true)");
        TopicName.TryCreate("t"u8, out var topic, out _);
        var batch = new PublishBatch();
        batch.AddEnd(topic);

        Assert.That(await session.ReadAsync<byte[]>("select block from sse.outbox"), Is.EqualTo(batch.BlockOf(batch.Items[0]).ToArray()));
        Assert.That(await session.ReadAsync<bool>("select is_final and id_length = 0 and digest = 0 from sse.outbox"), Is.True);
    }

    private static async Task AssertSameAsync(NpgsqlConnection session, List<Event> events)
    {
        await using var command = new NpgsqlCommand(
            "select block, key, id_length, digest, is_final from sse.outbox order by number", session);
        await using var rows = await command.ExecuteReaderAsync();
        foreach (var e in events)
        {
            Assert.That(await rows.ReadAsync(), Is.True);
            var (block, key, digest) = e.Encode();
            Assert.That(Encoding.UTF8.GetString((byte[])rows[0]), Is.EqualTo(Encoding.UTF8.GetString(block)));
            Assert.That(rows.IsDBNull(1) ? [] : (byte[])rows[1], Is.EqualTo(key));
            Assert.That(rows.GetInt32(2), Is.EqualTo(e.Id is null ? 0 : Encoding.UTF8.GetByteCount(e.Id)));
            Assert.That(rows.GetInt64(3), Is.EqualTo(digest), Encoding.UTF8.GetString(block));
            Assert.That(rows.GetBoolean(4), Is.EqualTo(e.IsFinal));
        }
    }

    private sealed class Event
    {
        public Event(Random random)
        {
            Data = Text(random, Pieces, random.Next(12));
            Name = random.Next(3) switch { 0 => null, 1 => "", _ => Text(random, LinePieces, 1 + random.Next(4)) };
            Key = random.Next(2) == 0 ? null : Text(random, LinePieces, 1 + random.Next(4));
            Id = random.Next(3) == 0 ? null : Text(random, LinePieces, 1 + random.Next(4));
            IsFinal = random.Next(4) == 0;
            Retry = random.Next(2) == 0 ? null : 1000 + random.Next(59_001);
        }

        public string Data { get; }

        public string? Name { get; }

        public string? Key { get; }

        public string? Id { get; }

        public bool IsFinal { get; }

        public int? Retry { get; }

        public (byte[] Block, byte[] Key, long Digest) Encode()
        {
            TopicName.TryCreate("t"u8, out var topic, out _);
            EventName.TryCreate(Encoding.UTF8.GetBytes(Name ?? ""), out var name);
            PublisherEventId id = default;
            if (Id is not null) PublisherEventId.TryCreate(Encoding.UTF8.GetBytes(Id), out id);
            var batch = new PublishBatch();
            batch.Add(
                topic,
                new() { Name = name, Id = id, RetryMilliseconds = Retry ?? -1, Data = Encoding.UTF8.GetBytes(Data) },
                Encoding.UTF8.GetBytes(Key ?? ""),
                IsFinal);
            ref readonly var item = ref batch.Items[0];
            return (batch.BlockOf(item).ToArray(), batch.KeyOf(item).ToArray(), batch.DigestOf(item));
        }

        private static string Text(Random random, string[] pieces, int count)
            => string.Concat(Enumerable.Range(0, count).Select(_ => pieces[random.Next(pieces.Length)]));
    }
}
