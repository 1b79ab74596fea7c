using SseServer.Protocol.Http;
using SseServer.Protocol.Tests.Support;

namespace SseServer.Protocol.Tests.Http;

public class ChunkEnvelopeTests
{
    [TestCase(1, "1\r\n")]
    [TestCase(9, "9\r\n")]
    [TestCase(10, "a\r\n")]
    [TestCase(15, "f\r\n")]
    [TestCase(16, "10\r\n")]
    [TestCase(255, "ff\r\n")]
    [TestCase(256, "100\r\n")]
    [TestCase(4096, "1000\r\n")]
    [TestCase(0xabcdef, "abcdef\r\n")]
    [TestCase(int.MaxValue, "7fffffff\r\n")]
    public void A_prefix_is_the_size_in_lower_case_hexadecimal(int payload, string expected)
    {
        byte[] destination = new byte[10];

        int length = ChunkEnvelope.WritePrefix(destination, payload);

        Assert.That(Text.Latin1(destination.AsSpan(0, length)), Is.EqualTo(expected));
        Assert.That(ChunkEnvelope.MeasurePrefix(payload), Is.EqualTo(length));
    }

    [Test]
    public void An_empty_chunk_would_end_the_body_and_is_our_mistake([Values(0, -1, int.MinValue)] int payload)
    {
        Assert.That(() => ChunkEnvelope.MeasurePrefix(payload), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => ChunkEnvelope.WritePrefix(new byte[16], payload), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void What_it_writes_is_decoded_again()
    {
        byte[] prefix = new byte[ChunkEnvelope.MeasurePrefix(26)];
        ChunkEnvelope.WritePrefix(prefix, 26);
        const string Data = "abcdefghijklmnopqrstuvwxyz";
        string body = Text.Latin1(prefix) + Data + Text.Latin1(ChunkEnvelope.Suffix) + Text.Latin1(ChunkEnvelope.End);

        Assert.That(DecodedBody.Of(body), Is.EqualTo(new DecodedBody(ParseStatus.Complete, RequestRejection.None, Data, "")));
    }
}
