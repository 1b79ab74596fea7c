using SseServer.Protocol.Http;
using SseServer.Protocol.Tests.Support;

namespace SseServer.Protocol.Tests.Http;

public class PercentDecodingTests
{
    [TestCase("", "")]
    [TestCase("plain", "plain")]
    [TestCase("a%2Fb%2fc", "a/b/c")]
    [TestCase("%41%42", "AB")]
    [TestCase("gr%C3%B6%C3%9Fe", "größe")]
    [TestCase("a+b", "a+b")]
    [TestCase("%00", "\0")]
    public void Escapes_are_decoded(string encoded, string expected) =>
        Assert.That(Decode(encoded, plusIsSpace: false), Is.EqualTo(expected));

    [Test]
    public void Decoding_happens_once() => Assert.That(Decode("%2541", plusIsSpace: false), Is.EqualTo("%41"));

    [Test]
    public void A_plus_is_a_space_where_the_caller_says_so() => Assert.That(Decode("a+b%2B", plusIsSpace: true), Is.EqualTo("a b+"));

    [TestCase("%")]
    [TestCase("%4")]
    [TestCase("a%")]
    [TestCase("%zz")]
    [TestCase("%4g")]
    [TestCase("%%41")]
    [TestCase("%+1")]
    [TestCase("%u0041")]
    public void A_broken_escape_is_refused(string encoded)
    {
        bool isDecoded = PercentDecoding.TryDecode(encoded.ToUtf8(), new byte[encoded.Length], plusIsSpace: true, out int written);

        Assert.That(isDecoded, Is.False);
        Assert.That(written, Is.Zero);
    }

    [Test]
    public void A_text_can_be_decoded_in_place()
    {
        byte[] bytes = "a%20b%20c".ToUtf8();

        bool isDecoded = PercentDecoding.TryDecode(bytes, bytes, plusIsSpace: false, out int written);

        Assert.That(isDecoded, Is.True);
        Assert.That(Text.Utf8(bytes.AsSpan(0, written)), Is.EqualTo("a b c"));
    }

    [Test]
    public void A_destination_that_may_be_too_short_is_our_mistake() => Assert.That(
        () => PercentDecoding.TryDecode("%41"u8, new byte[2], plusIsSpace: false, out _),
        Throws.ArgumentException);

    private static string Decode(string encoded, bool plusIsSpace)
    {
        byte[] destination = new byte[encoded.Length];
        Assert.That(PercentDecoding.TryDecode(encoded.ToUtf8(), destination, plusIsSpace, out int written), Is.True);
        return Text.Utf8(destination.AsSpan(0, written));
    }
}
