using System.Buffers;
using System.Globalization;
using SseServer.Protocol.EventStream;
using SseServer.Protocol.Tests.Support;

namespace SseServer.Protocol.Tests.EventStream;

/// <summary>
/// The parser as a reader of somebody else's stream. Braces are blocks without data, <c>!</c> is an event that is too large.
/// </summary>
public class EventStreamReaderTests
{
    [TestCase("id: 1\n\n", "{#1}")]
    [TestCase("id\ndata: a\n\n", "[a#]")]
    [TestCase("id: 1\0\ndata: a\n\n", "[a]")]
    [TestCase("retry: 5\n\nevent: x\n\n: c\n\ndata: a\n\n", "{~5}[a]")]
    [TestCase("id: 1\ndata: a\n\nid: 2\n\ndata: b\n\n", "[a#1]{#2}[b]")]
    [TestCase("data: 123456789\nid: 7\n\ndata: a\n\n", "!#7[a]")]
    [TestCase("id: 7\ndata: 1234\ndata: 5678\ndata: 9\n\nid: 8\ndata: a\n\n", "!#7[a#8]")]
    [TestCase("data: 12345678901234567890123\nevent: 1\n\ndata: a\n\n", "!1:[a]")]
    [TestCase("unknown line that is too long\nretry: 6\n\ndata: a\n\n", "!~6[a]")]
    [TestCase(": a comment may be as long as it likes\ndata: a\n\n", "[a]")]
    [TestCase("data: 12345678", "")]
    public void Everything_that_moves_a_readers_state_is_told(string stream, string expected)
        => Assert.That(Read(stream.ToUtf8()), Is.EqualTo(expected));

    [TestCase("data: a\xFF\n\n", "[a\uFFFD]")]
    [TestCase("event: \x80\nid: \xC0\xAF\ndata: b\n\n", "[\uFFFD:b#\uFFFD\uFFFD]")]
    public void What_is_not_utf8_is_repaired(string stream, string expected) => Assert.That(Read(stream.ToLatin1()), Is.EqualTo(expected));

    [TestCase("\uFEFFid: 1\r\nevent: größe\r\ndata: é\r\n\r\nretry: 10\r\n\r\n"
        + "data: 123456789\r\nid: 3\r\n\r\nid: 2\r\n\r\ndata: \U0001F600\r\n\r\n")]
    [TestCase("id: 1\rdata: a\rdata: b\r\rid: 2\r\r: comment\rdata: 12345678901234567890\r\rdata: rest")]
    public void Every_two_way_split_gives_the_same(string stream)
    {
        byte[] bytes = stream.ToUtf8();
        string whole = Read(bytes);
        for (int cut = 0; cut <= bytes.Length; cut++)
            Assert.That(Read(bytes[..cut], bytes[cut..]), Is.EqualTo(whole), $"cut at {cut}");
    }

    private static string Read(params byte[][] reads)
    {
        var parser = new EventStreamParser(8, isClient: true);
        string all = "";
        foreach (byte[] read in reads)
        {
            var input = new ReadOnlySequence<byte>(read);
            EventStreamParseStatus status;
            while ((status = parser.Parse(ref input)) != EventStreamParseStatus.NeedMore)
                all += Describe(parser, status);
        }

        return all;
    }

    private static string Describe(EventStreamParser parser, EventStreamParseStatus status)
    {
        string name = parser.Name.IsEmpty ? "" : $"{Text.Utf8(parser.Name)}:";
        string id = parser.HasIdField ? $"#{Text.Utf8(parser.Id)}" : "";
        string retry = parser.RetryMilliseconds < 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"~{parser.RetryMilliseconds}");
        return status switch
        {
            EventStreamParseStatus.Event => $"[{name}{Text.Utf8(parser.Data)}{id}{retry}]",
            EventStreamParseStatus.Fields => $"{{{name}{id}{retry}}}",
            EventStreamParseStatus.TooLarge => $"!{name}{id}{retry}",
            _ => throw new AssertionException(status.ToString()),
        };
    }
}
