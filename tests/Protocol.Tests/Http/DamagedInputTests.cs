using System.Buffers;
using SseServer.Protocol.Http;
using SseServer.Protocol.Tests.Support;

namespace SseServer.Protocol.Tests.Http;

/// <summary>Whatever a peer sends, the parsers neither throw nor come to a result that depends on how it was cut.</summary>
public class DamagedInputTests
{
    private const int Rounds = 200;

    private static readonly byte[] Request = (
        "POST http://a:80/events?topic=a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nConnection: close, b\r\n"
        + "Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n").ToLatin1();

    private static readonly byte[] Body = "5;a=\"b\"\r\nhello\r\n10\r\n0123456789abcdef\r\n0\r\nName: value\r\n\r\n".ToLatin1();

    // What a damaged byte becomes: delimiters of the grammar, and bytes outside of it.
    private static readonly byte[] Replacements = "\r\n\t \0:,;/?*#%@[]\"09afZ\x7F\x80\xFF\x16".ToLatin1();

    [Test]
    public void A_damaged_head_is_read_the_same_whole_and_crumbled([Range(0, 9)] int seed)
    {
        var random = new Random(seed);
        for (int round = 0; round < Rounds; round++)
        {
            byte[] bytes = Damage(Request, random);
            using var whole = new RequestHead();
            using var crumbled = new RequestHead();
            using var resumed = new RequestHead();

            ParsedHead expected = ParsedHead.Of(new ReadOnlySequence<byte>(bytes), whole);
            Assert.That(ParsedHead.Of(Sequences.Crumbled(bytes), crumbled), Is.EqualTo(expected), () => Text.Latin1(bytes));

            ParsedHead parsed = ParsedHead.Of(new ReadOnlySequence<byte>(bytes, 0, random.Next(bytes.Length)), resumed);
            if (parsed.Status == ParseStatus.Incomplete)
                parsed = ParsedHead.Of(new ReadOnlySequence<byte>(bytes), resumed);
            Assert.That(parsed, Is.EqualTo(expected), () => Text.Latin1(bytes));
        }
    }

    [Test]
    public void A_damaged_body_is_read_the_same_whole_and_crumbled([Range(0, 9)] int seed)
    {
        var random = new Random(seed);
        for (int round = 0; round < Rounds; round++)
        {
            byte[] bytes = Damage(Body, random);

            DecodedBody expected = DecodedBody.Of(ParserLimits.Default, new ReadOnlySequence<byte>(bytes));
            DecodedBody crumbled = DecodedBody.Of(ParserLimits.Default, Sequences.Crumbled(bytes));

            Assert.That(crumbled, Is.EqualTo(expected), () => Text.Latin1(bytes));
        }
    }

    private static byte[] Damage(byte[] original, Random random)
    {
        List<byte> bytes = [.. original];
        for (int count = random.Next(1, 4); count > 0; count--)
        {
            int at = random.Next(bytes.Count);
            switch (random.Next(3))
            {
                case 0:
                    bytes[at] = Replacements[random.Next(Replacements.Length)];
                    break;
                case 1:
                    bytes.Insert(at, Replacements[random.Next(Replacements.Length)]);
                    break;
                default:
                    bytes.RemoveAt(at);
                    break;
            }
        }

        return [.. bytes];
    }
}
