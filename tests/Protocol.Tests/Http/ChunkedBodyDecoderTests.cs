using System.Buffers;
using SseServer.Protocol.Http;
using SseServer.Protocol.Tests.Support;

namespace SseServer.Protocol.Tests.Http;

/// <summary>RFC 9112 section 7.1: the chunked coding. Each rule stands before its inputs.</summary>
public class ChunkedBodyDecoderTests
{
    private const string Size = "chunk-size = 1*HEXDIG";
    private const string Overflow = "Recipients must anticipate large numerals and prevent overflow";
    private const string Extension = "chunk-ext = *( BWS \";\" BWS chunk-ext-name [ BWS \"=\" BWS chunk-ext-val ] )";
    private const string Data = "chunk = chunk-size [ chunk-ext ] CRLF chunk-data CRLF";
    private const string Trailer = "trailer-section = *( field-line CRLF )";

    [TestCase(Size, "g\r\n", RequestRejection.InvalidChunkSize)]
    [TestCase(Size, "\r\n", RequestRejection.InvalidChunkSize)]
    [TestCase(Size, " 5\r\n", RequestRejection.InvalidChunkSize)]
    [TestCase(Size, "-5\r\n", RequestRejection.InvalidChunkSize)]
    [TestCase(Size, "+5\r\n", RequestRejection.InvalidChunkSize)]
    [TestCase(Size, "0x5\r\n", RequestRejection.InvalidChunkSize)]
    [TestCase(Size, "5_0\r\n", RequestRejection.InvalidChunkSize)]
    [TestCase(Size, "5\nhello\r\n", RequestRejection.InvalidChunkSize)]
    [TestCase(Size, ";a\r\n", RequestRejection.InvalidChunkSize)]
    [TestCase(Overflow, "8000000000000000\r\n", RequestRejection.ChunkSizeOverflow)]
    [TestCase(Overflow, "10000000000000005\r\n", RequestRejection.ChunkSizeOverflow)]
    [TestCase(Overflow, "fffffffffffffffff\r\n", RequestRejection.ChunkSizeOverflow)]
    [TestCase(Extension, "5 \r\n", RequestRejection.InvalidChunkExtension)]
    [TestCase(Extension, "5 5\r\n", RequestRejection.InvalidChunkExtension)]
    [TestCase(Extension, "5\rhello", RequestRejection.InvalidChunkExtension)]
    [TestCase(Extension, "5;a\nhello\r\n", RequestRejection.InvalidChunkExtension)]
    [TestCase(Extension, "5;a\0\r\n", RequestRejection.InvalidChunkExtension)]
    [TestCase(Extension, "5;a\rb\r\n", RequestRejection.InvalidChunkExtension)]
    [TestCase(Extension, "5;\r\n", RequestRejection.InvalidChunkExtension)]
    [TestCase(Extension, "5; \r\n", RequestRejection.InvalidChunkExtension)]
    [TestCase(Extension, "5;;a\r\n", RequestRejection.InvalidChunkExtension)]
    [TestCase(Extension, "5;a;\r\n", RequestRejection.InvalidChunkExtension)]
    [TestCase(Extension, "5;=b\r\n", RequestRejection.InvalidChunkExtension)]
    [TestCase(Extension, "5;a=\r\n", RequestRejection.InvalidChunkExtension)]
    [TestCase(Extension, "5;a=;b\r\n", RequestRejection.InvalidChunkExtension)]
    [TestCase(Extension, "5;a[=b\r\n", RequestRejection.InvalidChunkExtension)]
    [TestCase(Extension, "5;a b\r\n", RequestRejection.InvalidChunkExtension)]
    [TestCase(Extension, "5;a=b c\r\n", RequestRejection.InvalidChunkExtension)]
    [TestCase(Extension, "5;a \r\n", RequestRejection.InvalidChunkExtension)]
    [TestCase(Extension, "5;a=b \r\n", RequestRejection.InvalidChunkExtension)]
    [TestCase(Extension, "5;a=\"b\r\n", RequestRejection.InvalidChunkExtension)]
    [TestCase(Extension, "5;a=\"b\n\"\r\n", RequestRejection.InvalidChunkExtension)]
    [TestCase(Extension, "5;a=\"b\\\r\n\"\r\n", RequestRejection.InvalidChunkExtension)]
    [TestCase(Extension, "5;a=\"b\"c\r\n", RequestRejection.InvalidChunkExtension)]
    [TestCase(Data, "5\r\nhellooo\r\n", RequestRejection.MissingChunkEnd)]
    [TestCase(Data, "5\r\nhello\n0\r\n\r\n", RequestRejection.MissingChunkEnd)]
    [TestCase(Data, "5\r\nhello\r0\r\n\r\n", RequestRejection.MissingChunkEnd)]
    [TestCase(Data, "5\r\nhello0\r\n\r\n", RequestRejection.MissingChunkEnd)]
    [TestCase(Trailer, "0\r\nGET / HTTP/1.1\r\n", RequestRejection.InvalidTrailer)]
    [TestCase(Trailer, "0\r\n: a\r\n\r\n", RequestRejection.InvalidTrailer)]
    [TestCase(Trailer, "0\r\na : b\r\n\r\n", RequestRejection.InvalidTrailer)]
    [TestCase(Trailer, "0\r\n a: b\r\n\r\n", RequestRejection.InvalidTrailer)]
    [TestCase(Trailer, "0\r\na\r\n\r\n", RequestRejection.InvalidTrailer)]
    [TestCase(Trailer, "0\r\na: b\n\r\n", RequestRejection.InvalidTrailer)]
    [TestCase(Trailer, "0\r\na: b\rc\r\n", RequestRejection.InvalidTrailer)]
    [TestCase(Trailer, "0\r\na: b\0\r\n", RequestRejection.InvalidTrailer)]
    [TestCase(Trailer, "0\r\n\rx", RequestRejection.InvalidTrailer)]
    [TestCase(Trailer, "0\r\n\n", RequestRejection.InvalidTrailer)]
    public void A_body_that_breaks_a_rule_is_refused(string rule, string body, RequestRejection expected)
    {
        DecodedBody decoded = DecodedBody.Of(body);

        Assert.That(decoded.Rejection, Is.EqualTo(expected), rule);
        Assert.That(decoded.Status, Is.EqualTo(ParseStatus.Rejected));
    }

    [TestCase("0\r\n\r\n", "")]
    [TestCase("5\r\nhello\r\n0\r\n\r\n", "hello")]
    [TestCase("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", "hello world")]
    [TestCase("00000005\r\nhello\r\n000\r\n\r\n", "hello")]
    [TestCase("A\r\n0123456789\r\nb\r\n0123456789a\r\n0\r\n\r\n", "01234567890123456789a")]
    [TestCase("2\r\n\r\n\r\n0\r\n\r\n", "\r\n")]
    [TestCase("5;name=value\r\nhello\r\n0;last\r\n\r\n", "hello")]
    [TestCase("5 \t; name = \"quoted; \\\"text\"\r\nhello\r\n0\r\n\r\n", "hello")]
    [TestCase("5;a;b=c ; d=\"\";e\r\nhello\r\n0\r\n\r\n", "hello")]
    [TestCase("5;\ta = \"\xE9\"\r\nhello\r\n0\r\n\r\n", "hello")]
    [TestCase("5\r\nhello\r\n0\r\nName: value\r\nOther:\r\n\r\n", "hello")]
    public void The_data_of_a_body_comes_out_and_what_follows_stays(string body, string expected) =>
        Assert.That(
            DecodedBody.Of(body + "GET"),
            Is.EqualTo(new DecodedBody(ParseStatus.Complete, RequestRejection.None, expected, "GET")));

    [Test]
    public void The_largest_size_is_accepted() =>
        Assert.That(DecodedBody.Of("7fffffffffffffff\r\nx").Status, Is.EqualTo(ParseStatus.Incomplete));

    [TestCase("00000005\r\nhello\r\n", RequestRejection.None)]
    [TestCase("5;234567\r\nhello\r\n", RequestRejection.None)]
    [TestCase("000000005\r\n", RequestRejection.ChunkLineTooLong)]
    [TestCase("5;2345678", RequestRejection.ChunkLineTooLong)]
    [TestCase("5        ", RequestRejection.ChunkLineTooLong)]
    [TestCase("0;234567\r\na: 456\r\nb:\r\n\r\n", RequestRejection.None)]
    [TestCase("0\r\na: 4567\r\nb:\r\n\r\n", RequestRejection.TrailerTooLarge)]
    [TestCase("0\r\nabcdefghijklm", RequestRejection.TrailerTooLarge)]
    public void Lines_are_at_most_as_long_as_the_limits(string body, RequestRejection expected) => Assert.That(
        DecodedBody.Of(body, new ParserLimits { MaxChunkLineBytes = 8, MaxTrailerBytes = 12 }).Rejection,
        Is.EqualTo(expected));

    // RFC 9112 7.1.1: a server ought to limit the total length of chunk extensions received in a request.
    [TestCase("1;abc\r\nx\r\n1;abcd\r\ny\r\n0\r\n\r\n", RequestRejection.None)]
    [TestCase("1;abc\r\nx\r\n1;abcde\r\ny\r\n0\r\n\r\n", RequestRejection.ChunkExtensionsTooLarge)]
    [TestCase("1;abc\r\nx\r\n1;abc\r\ny\r\n0;ab\r\n\r\n", RequestRejection.ChunkExtensionsTooLarge)]
    public void Extensions_of_all_chunks_together_are_limited(string body, RequestRejection expected) => Assert.That(
        DecodedBody.Of(body, new ParserLimits { MaxChunkExtensionBytes = 9 }).Rejection,
        Is.EqualTo(expected));

    [Test]
    public void A_refused_body_stays_refused()
    {
        DecodedBody decoded = DecodedBody.Of(
            ParserLimits.Default, new ReadOnlySequence<byte>("x"u8.ToArray()), new ReadOnlySequence<byte>("0\r\n\r\n"u8.ToArray()));

        Assert.That(decoded.Rejection, Is.EqualTo(RequestRejection.InvalidChunkSize));
    }

    [Test]
    public void A_finished_body_takes_no_more()
    {
        DecodedBody decoded = DecodedBody.Of(
            ParserLimits.Default, new ReadOnlySequence<byte>("0\r\n\r\n"u8.ToArray()), new ReadOnlySequence<byte>("next"u8.ToArray()));

        Assert.That(decoded, Is.EqualTo(new DecodedBody(ParseStatus.Complete, RequestRejection.None, "", "next")));
    }

    [Test]
    public void Decoding_allocates_nothing()
    {
        ReadOnlySequence<byte> body = Sequences.Of("5;a=b\r\nhe".ToLatin1(), "llo\r\n0\r\nName: value\r\n\r\n".ToLatin1());
        var output = new ArrayBufferWriter<byte>(64);
        int complete = 0;

        long bytes = Allocations.Of(() =>
        {
            output.ResetWrittenCount();
            ReadOnlySequence<byte> input = body;
            var decoder = new ChunkedBodyDecoder(ParserLimits.Default);
            if (decoder.Decode(ref input, output, out _) == ParseStatus.Complete)
                complete++;
        });

        Assert.That(bytes, Is.Zero);
        Assert.That(complete, Is.EqualTo(103));
    }
}
