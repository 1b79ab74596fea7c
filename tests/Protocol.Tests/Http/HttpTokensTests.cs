using SseServer.Protocol.Http;
using SseServer.Protocol.Tests.Support;

namespace SseServer.Protocol.Tests.Http;

public class HttpTokensTests
{
    // RFC 9110 5.6.2: tchar is any VCHAR except delimiters, which are DQUOTE and (),/:;<=>?@[\]{}.
    [Test]
    public void Token_bytes_are_the_visible_ones_that_are_no_delimiters()
    {
        for (int value = 0; value <= byte.MaxValue; value++)
        {
            bool expected = value is > 0x20 and < 0x7F && !"\"(),/:;<=>?@[\\]{}".Contains((char)value);
            Assert.That(HttpTokens.IsTokenByte((byte)value), Is.EqualTo(expected), $"0x{value:x2}");
            Assert.That(HttpTokens.IsToken([(byte)value]), Is.EqualTo(expected), $"0x{value:x2}");
        }
    }

    [Test]
    public void The_empty_text_is_no_token() => Assert.That(HttpTokens.IsToken([]), Is.False);

    // RFC 9110 5.5: field-vchar = VCHAR / obs-text, with SP and HTAB between.
    [Test]
    public void Field_value_bytes_are_all_but_controls()
    {
        for (int value = 0; value <= byte.MaxValue; value++)
        {
            bool expected = value is '\t' or >= 0x20 and not 0x7F;
            Assert.That(HttpTokens.IsFieldValueByte((byte)value), Is.EqualTo(expected), $"0x{value:x2}");
            Assert.That(HttpTokens.IsFieldValue([(byte)value]), Is.EqualTo(expected), $"0x{value:x2}");
        }
    }

    [TestCase("", "")]
    [TestCase(" , ,\t,", "")]
    [TestCase("a", "<a>")]
    [TestCase("a,b , c\t,,d", "<a><b><c><d>")]
    [TestCase("text/event-stream;q=0.9, */*;q=0.1", "<text/event-stream;q=0.9><*/*;q=0.1>")]
    [TestCase("a=\"b,c\", d", "<a=\"b,c\"><d>")]
    [TestCase("a=\"b\\\",c\", d", "<a=\"b\\\",c\"><d>")]
    [TestCase("\"\", a", "<\"\"><a>")]
    [TestCase("\"never closed, b", "<\"never closed, b>")]
    [TestCase("\"a\\", "<\"a\\>")]
    public void List_values_are_trimmed_and_empty_ones_left_out(string list, string expected)
    {
        string all = "";
        foreach (ReadOnlySpan<byte> element in new ListValues(list.ToLatin1()))
            all += $"<{Text.Latin1(element)}>";

        Assert.That(all, Is.EqualTo(expected));
    }
}
