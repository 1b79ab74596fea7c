using SseServer.Protocol.EventStream;
using SseServer.Protocol.Tests.Support;

namespace SseServer.Protocol.Tests.EventStream;

public class LineBreaksTests
{
    [TestCase("", "<>")]
    [TestCase("a", "<a>")]
    [TestCase("a\n", "<a><>")]
    [TestCase("\n", "<><>")]
    [TestCase("a\nb", "<a><b>")]
    [TestCase("a\rb", "<a><b>")]
    [TestCase("a\r\nb", "<a><b>")]
    [TestCase("a\n\rb", "<a><><b>")]
    [TestCase("a\r\rb", "<a><><b>")]
    [TestCase("a\r\n\r\nb", "<a><><b>")]
    [TestCase("a\r\r\nb\n\n", "<a><><b><><>")]
    [TestCase("a\r", "<a><>")]
    [TestCase("a\vb\fc\u0085d\u2028e", "<a\vb\fc\u0085d\u2028e>")]
    public void Lines_end_at_LF_CR_and_CRLF_and_nothing_else(string text, string expected)
    {
        string lines = "";
        foreach (ReadOnlySpan<byte> line in LineBreaks.EnumerateLines(text.ToUtf8()))
            lines += $"<{Text.Utf8(line)}>";

        Assert.That(lines, Is.EqualTo(expected));
    }
}
