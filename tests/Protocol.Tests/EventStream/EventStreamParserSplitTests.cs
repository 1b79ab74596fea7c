using System.Buffers;
using SseServer.Protocol.EventStream;
using SseServer.Protocol.Tests.Support;

namespace SseServer.Protocol.Tests.EventStream;

/// <summary>However a stream is cut into reads and segments, the events are the same.</summary>
public class EventStreamParserSplitTests
{
    private static readonly string[] Streams =
    [
        "\uFEFFid: 1\r\nevent: größe\r\ndata: é\r\ndata: b\r\n\r\n: comment\r\nretry: 10\r\ndata\r\n\r\ndata: \U0001F600\r\n\r\n",
        "id: 1\revent: x\rdata: a\rdata: b\r\r: comment\rdata: c\r\rdata: rest",
        "\n\ndata:a\n\n:c\n\nid:2\n\ndata: b\n\r\ndata: c\r\n\n",
        "\uFEFF",
    ];

    [Test]
    public void Every_two_way_split_of_reads_gives_the_same_events([ValueSource(nameof(Streams))] string stream)
    {
        byte[] bytes = stream.ToUtf8();
        string whole = ParsedEvents.Of(stream);

        for (int cut = 0; cut <= bytes.Length; cut++)
        {
            var parser = new EventStreamParser(1024);
            string events = ParsedEvents.Of(
                parser, new ReadOnlySequence<byte>(bytes[..cut]), new ReadOnlySequence<byte>(bytes[cut..]));
            Assert.That(events, Is.EqualTo(whole), $"cut at {cut}");
        }
    }

    [Test]
    public void Every_two_way_split_of_segments_gives_the_same_events([ValueSource(nameof(Streams))] string stream)
    {
        byte[] bytes = stream.ToUtf8();
        string whole = ParsedEvents.Of(stream);

        for (int cut = 0; cut <= bytes.Length; cut++)
            Assert.That(ParsedEvents.Of(new EventStreamParser(1024), Sequences.CutAt(bytes, cut)), Is.EqualTo(whole), $"cut at {cut}");
    }

    [Test]
    public void Single_bytes_between_empty_segments_give_the_same_events([ValueSource(nameof(Streams))] string stream) => Assert.That(
        ParsedEvents.Of(new EventStreamParser(1024), Sequences.Crumbled(stream.ToUtf8())),
        Is.EqualTo(ParsedEvents.Of(stream)));

    [Test]
    public void Every_truncation_gives_the_events_whose_blank_line_has_arrived()
    {
        byte[] bytes = "data: a\n\ndata: b\n\n".ToUtf8();

        for (int length = 0; length <= bytes.Length; length++)
        {
            string events = ParsedEvents.Of(new EventStreamParser(1024), new ReadOnlySequence<byte>(bytes[..length]));
            Assert.That(events, Is.EqualTo(length < 9 ? "" : length < 18 ? "[a]" : "[a][b]"), $"{length} bytes");
        }
    }

    [Test]
    public void Too_large_data_is_found_however_it_is_cut()
    {
        byte[] bytes = "data: 1234\ndata: 56789\n\n".ToUtf8();

        for (int cut = 0; cut <= bytes.Length; cut++)
        {
            var parser = new EventStreamParser(9);
            string events = ParsedEvents.Of(
                parser, new ReadOnlySequence<byte>(bytes[..cut]), new ReadOnlySequence<byte>(bytes[cut..]));
            Assert.That(events, Is.EqualTo("TooLarge"), $"cut at {cut}");
        }
    }
}
