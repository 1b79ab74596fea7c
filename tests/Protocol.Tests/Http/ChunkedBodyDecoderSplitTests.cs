using System.Buffers;
using SseServer.Protocol.Http;
using SseServer.Protocol.Tests.Support;

namespace SseServer.Protocol.Tests.Http;

/// <summary>However a body is cut into reads and segments, the data is the same.</summary>
public class ChunkedBodyDecoderSplitTests
{
    private const string Body = "5;a=\"b\"\r\nhello\r\n10\r\n0123456789\r\n\r\nab\r\n0 ;c\r\nName: value\r\nOther:\r\n\r\n";
    private static readonly byte[] Bytes = (Body + "next").ToLatin1();

    private static readonly DecodedBody Whole =
        new(ParseStatus.Complete, RequestRejection.None, "hello0123456789\r\n\r\nab", "next");

    [Test]
    public void Every_truncation_is_incomplete()
    {
        for (int length = 0; length < Body.Length; length++)
        {
            DecodedBody decoded = DecodedBody.Of(Body[..length]);
            Assert.That(decoded.Status, Is.EqualTo(ParseStatus.Incomplete), $"{length} bytes");
            Assert.That(decoded.Rest, Is.Empty, "Incomplete consumes all input.");
        }
    }

    [Test]
    public void Every_two_way_split_of_reads_gives_the_same_data()
    {
        for (int cut = 0; cut <= Bytes.Length; cut++)
        {
            DecodedBody decoded = DecodedBody.Of(
                ParserLimits.Default, new ReadOnlySequence<byte>(Bytes[..cut]), new ReadOnlySequence<byte>(Bytes[cut..]));
            Assert.That(decoded, Is.EqualTo(Whole), $"cut at {cut}");
        }
    }

    [Test]
    public void Every_two_way_split_of_segments_gives_the_same_data()
    {
        for (int cut = 0; cut <= Bytes.Length; cut++)
            Assert.That(DecodedBody.Of(ParserLimits.Default, Sequences.CutAt(Bytes, cut)), Is.EqualTo(Whole), $"cut at {cut}");
    }

    [Test]
    public void Single_bytes_between_empty_segments_give_the_same_data() =>
        Assert.That(DecodedBody.Of(ParserLimits.Default, Sequences.Crumbled(Bytes)), Is.EqualTo(Whole));
}
