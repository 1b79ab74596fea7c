using System.Buffers;
using System.Net.ServerSentEvents;
using SseServer.Protocol.EventStream;
using SseServer.Protocol.Tests.Support;

namespace SseServer.Protocol.Tests.EventStream;

/// <summary>What the encoder writes, other parsers read.</summary>
public class RoundTripTests
{
    private static readonly string[] Pieces =
        ["", "a", " ", "\n", "\r", "\r\n", ":", "data: ", "id: 1", "event: x", "größe", "\U0001F600", "\t", "\uFEFF"];

    [Test]
    public void SseParser_reads_back_any_data_with_its_breaks_as_LF([Range(0, 49)] int seed)
    {
        string data = RandomData(seed);

        SseItem<string> item = ReadWithSseParser(Encode(data, "tick", "id-1", 2500));

        Assert.That(item.Data, Is.EqualTo(NormalizeBreaks(data)));
        Assert.That(item.EventType, Is.EqualTo("tick"));
        Assert.That(item.EventId, Is.EqualTo("id-1"));
        Assert.That(item.ReconnectionInterval, Is.EqualTo(TimeSpan.FromMilliseconds(2500)));
    }

    [Test]
    public void EventStreamParser_reads_back_any_data_with_its_breaks_as_LF([Range(0, 49)] int seed)
    {
        string data = RandomData(seed);
        var parser = new EventStreamParser(4096);
        ReadOnlySequence<byte> input = new(Encode(data, "tick", "id-1", 2500));

        EventStreamParseStatus status = parser.Parse(ref input);

        Assert.That(status, Is.EqualTo(EventStreamParseStatus.Event));
        Assert.That(Text.Utf8(parser.Data), Is.EqualTo(NormalizeBreaks(data)));
        Assert.That(Text.Utf8(parser.Name), Is.EqualTo("tick"));
        Assert.That(Text.Utf8(parser.Id), Is.EqualTo("id-1"));
        Assert.That(parser.RetryMilliseconds, Is.EqualTo(2500));
        Assert.That(input.IsEmpty, Is.True);
    }

    // Names are not compared: SseParser carries the name of a block without data over to the next event, where WHATWG HTML 9.2.6
    // empties the event type buffer.
    [Test]
    public void Both_parsers_see_the_same_data_in_any_stream([Range(0, 99)] int seed)
    {
        var random = new Random(seed);
        string[] pieces = ["data", "event", "id", "retry", "other", ":", ":", " ", "x", "7", "é", "\n", "\n", "\n", "\r", "\r\n", "\r\n"];
        byte[] bytes = string.Concat(Enumerable.Range(0, 400).Select(_ => pieces[random.Next(pieces.Length)])).ToUtf8();
        using var stream = new MemoryStream(bytes);
        var parser = new EventStreamParser(4096);
        ReadOnlySequence<byte> input = Sequences.CutAt(bytes, random.Next(bytes.Length));

        foreach (SseItem<string> item in SseParser.Create(stream).Enumerate())
        {
            Assert.That(parser.Parse(ref input), Is.EqualTo(EventStreamParseStatus.Event));
            Assert.That(Text.Utf8(parser.Data), Is.EqualTo(item.Data));
        }

        Assert.That(parser.Parse(ref input), Is.EqualTo(EventStreamParseStatus.NeedMore));
    }

    [Test]
    public void SseParser_shows_the_publishers_id_and_dispatches_one_event_for_a_frame()
    {
        byte[] block = Encode("x", "", "mine", -1);
        byte[] frame = new byte[EventFrame.Measure("1-0"u8.Length, block.Length, hasPublisherId: true)];
        EventFrame.Write(frame, "1-0"u8, block, hasPublisherId: true, out int prefixLength);

        using var stream = new MemoryStream(EventFrame.Payload(frame, prefixLength).ToArray());
        var parser = SseParser.Create(stream);
        SseItem<string>[] items = [.. parser.Enumerate()];

        Assert.That(items, Has.Length.EqualTo(1));
        Assert.That(items[0].EventId, Is.EqualTo("mine"));
        Assert.That(parser.LastEventId, Is.EqualTo("1-0"));
    }

    private static string RandomData(int seed)
    {
        var random = new Random(seed);
        return string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => Pieces[random.Next(Pieces.Length)]));
    }

    private static string NormalizeBreaks(string data) => data.Replace("\r\n", "\n").Replace('\r', '\n');

    private static byte[] Encode(string data, string name, string id, int retry)
    {
        Assert.That(EventName.TryCreate(name.ToUtf8(), out EventName eventName), Is.True);
        Assert.That(PublisherEventId.TryCreate(id.ToUtf8(), out PublisherEventId eventId), Is.True);
        var output = new ArrayBufferWriter<byte>();
        var e = new ServerSentEvent { Id = eventId, Name = eventName, Data = data.ToUtf8(), RetryMilliseconds = retry };
        EventStreamEncoder.Write(output, in e);
        return output.WrittenSpan.ToArray();
    }

    private static SseItem<string> ReadWithSseParser(byte[] bytes)
    {
        using var stream = new MemoryStream(bytes);
        SseItem<string>[] items = [.. SseParser.Create(stream).Enumerate()];
        Assert.That(items, Has.Length.EqualTo(1));
        return items[0];
    }
}
