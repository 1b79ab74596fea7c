using System.Text;
using SseServer.Protocol.EventStream;
using SseServer.Protocol.Topics;
using SseServer.Publishing;
using SseServer.Tests.Hub.Support;

namespace SseServer.Tests.Publishing;

/// <summary>What a batch stores of its events, and how much memory that takes.</summary>
public sealed class PublishBatchTests
{
    // Sizes from nothing to far beyond a chunk, so that chunks end everywhere.
    [Test]
    public void Events_are_what_was_added([Range(1, 30)] int seed)
    {
        var random = new Random(seed);
        var batch = new PublishBatch();
        for (var round = 0; round < 3; round++)
        {
            var expected = new List<(string Topic, string Key, string Id, string Data)>();
            for (var i = random.Next(1, 300); i > 0; i--)
            {
                var topic = random.Next(3) == 0 ? new string((char)random.Next('a', 'd'), random.Next(1, 256)) : "usual";
                var key = random.Next(2) == 0 ? "" : new string('k', random.Next(1, 256));
                var id = random.Next(2) == 0 ? "" : new string('i', random.Next(1, 256));
                var data = new string((char)random.Next('a', 'z'), random.Next(20) == 0 ? random.Next(200_000) : random.Next(500));
                expected.Add((topic, key, id, data));
                TestHub.Add(batch, topic, Encoding.ASCII.GetBytes(data), id.Length == 0 ? null : id, key: key);
            }

            Assert.That(batch.Count, Is.EqualTo(expected.Count));
            for (var i = 0; i < batch.Count; i++)
            {
                ref readonly var item = ref batch.Items[i];
                var (topic, key, id, data) = expected[i];
                Assert.That(Text(batch.TopicOf(i)), Is.EqualTo(topic));
                Assert.That(Text(batch.KeyOf(item)), Is.EqualTo(key));
                Assert.That(id.Length == 0 ? "" : Text(batch.PublisherIdOf(item)), Is.EqualTo(id));
                Assert.That(Text(batch.BlockOf(item)), Is.EqualTo((id.Length == 0 ? "" : $"id: {id}\n") + $"data: {data}\n\n"));
            }

            batch.Clear();
            Assert.That((batch.Count, batch.Bytes, batch.HeldBytes), Is.EqualTo((0, 0L, 0L)));
        }
    }

    // What an event costs besides its own bytes; docs/limits.md gives the sum.
    [Test]
    public void Small_events_take_little_memory_besides_their_bytes()
    {
        var batch = new PublishBatch();
        const int count = 100_000;
        for (var i = 0; i < count; i++) Add(batch);
        var bytes = "data: 1\n\n".Length;
        Assert.That(batch.Bytes, Is.LessThan(count * (bytes + 1)), "the topic's name is not repeated for each");
        Assert.That((double)batch.HeldBytes / count, Is.LessThan(2 * 48 + bytes + 1));
    }

    [Test]
    public void Events_allocate_no_object_each()
    {
        var batch = new PublishBatch();
        void Fill()
        {
            for (var i = 0; i < 1000; i++) Add(batch);
            batch.Clear();
        }

        // The first fills the pool and the array that is reused.
        Fill();
        Fill();
        var before = GC.GetAllocatedBytesForCurrentThread();
        Fill();
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(1000), "less than a byte for each event");
    }

    private static void Add(PublishBatch batch)
        => batch.Add(TopicName.Default, new ServerSentEvent { Data = "1"u8, RetryMilliseconds = -1 });

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.ASCII.GetString(bytes);
}
