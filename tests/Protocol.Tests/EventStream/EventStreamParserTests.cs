using System.Buffers;
using SseServer.Protocol.EventStream;
using SseServer.Protocol.Tests.Support;

namespace SseServer.Protocol.Tests.EventStream;

/// <summary>The rules of WHATWG HTML 9.2.5 and 9.2.6, each quoted before its inputs, and where this parser differs.</summary>
public class EventStreamParserTests
{
    [TestCase("Lines are separated by CR LF, LF or CR.", "data: a\r\n\r\ndata: b\n\ndata: c\r\r", "[a][b][c]")]
    [TestCase("One leading U+FEFF is ignored.", "\uFEFFdata: a\n\n", "[a]")]
    [TestCase("One leading U+FEFF is ignored.", "\uFEFF\uFEFFdata: a\n\n", "")]
    [TestCase("One leading U+FEFF is ignored.", "\uFEFF: comment\ndata: a\n\n", "[a]")]
    [TestCase("One leading U+FEFF is ignored.", "\n\uFEFFdata: a\n\n", "")]
    [TestCase("If the line starts with a colon, ignore the line.", ": x\ndata: a\n:\n:data: b\n\n", "[a]")]
    [TestCase("If value starts with a space, remove it.", "data:  a\ndata:b\n\n", "[ a\nb]")]
    [TestCase("A line without a colon is a field name with an empty value.", "data\ndata\n\n", "[\n]")]
    [TestCase("A line without a colon is a field name with an empty value.", "data\n\n", "[]")]
    [TestCase("Append the value to the data buffer, then append an LF.", "data: a\ndata:\ndata: b\n\n", "[a\n\nb]")]
    [TestCase("Set the event type buffer to the value.", "event: x\nevent: y\ndata: a\n\n", "[y:a]")]
    [TestCase("Set the event type buffer to the value.", "event: x\nevent\ndata: a\n\n", "[a]")]
    [TestCase("If the value has no NUL, set the last event ID buffer to it.", "id: 1\nid: 2\0\ndata: a\n\n", "[a#1]")]
    [TestCase("If the value is digits only, it is the reconnection time.", "retry: 12\ndata: a\n\n", "[a~12]")]
    [TestCase("If the value is digits only, it is the reconnection time.", "retry: 1\nretry: -2\ndata: a\n\n", "[a~1]")]
    [TestCase("If the value is digits only, it is the reconnection time.", "retry: 1 \ndata: a\n\n", "[a]")]
    [TestCase("If the value is digits only, it is the reconnection time.", "retry\ndata: a\n\n", "[a]")]
    [TestCase("Otherwise, the field is ignored.", "Data: a\nDATA: b\ndata : c\n data: d\nfoo: e\ndata: f\n\n", "[f]")]
    [TestCase("If the data buffer is empty, nothing is dispatched.", "event: x\n\nid: 1\n\nretry: 5\n\ndata: a\n\n", "[a]")]
    [TestCase("Once the end is reached, pending data is discarded.", "data: a\n\ndata: b\n", "[a]")]
    public void The_standards_rule_holds(string rule, string stream, string expected) =>
        Assert.That(ParsedEvents.Of(stream), Is.EqualTo(expected), rule);

    [Test]
    public void An_id_name_or_time_is_not_carried_over_to_the_next_event() =>
        Assert.That(ParsedEvents.Of("id: 1\nevent: x\nretry: 9\ndata: a\n\ndata: b\n\n"), Is.EqualTo("[x:a#1~9][b]"));

    [Test]
    public void An_empty_id_is_no_id() => Assert.That(ParsedEvents.Of("id: 1\nid\ndata: a\n\n"), Is.EqualTo("[a]"));

    [TestCase("2147483647", 2147483647)]
    [TestCase("2147483648", 2147483647)]
    [TestCase("99999999999999999999999999", 2147483647)]
    [TestCase("000000000000000000000000007", 7)]
    public void A_reconnection_time_out_of_range_is_the_longest(string digits, int expected) =>
        Assert.That(ParsedEvents.Of($"retry: {digits}\ndata: a\n\n"), Is.EqualTo($"[a~{expected}]"));

    [TestCase("data: a\xFF\n\n")]
    [TestCase("data: \xC3\ndata: \xA9\n\n")]
    [TestCase("event: \x80\n")]
    [TestCase("id: \xC0\x80\n")]
    public void A_value_that_is_not_utf8_ends_the_stream(string stream) => Assert.That(
        ParsedEvents.Of(new EventStreamParser(1024), new ReadOnlySequence<byte>(stream.ToLatin1())),
        Is.EqualTo("InvalidUtf8"));

    [TestCase("data: 12345678\n\n", "[12345678]")]
    [TestCase("data: 1234\ndata: 567\n\n", "[1234\n567]")]
    [TestCase("data: 123456789\n\n", "TooLarge")]
    [TestCase("data: 1234\ndata: 5678\n\n", "TooLarge")]
    [TestCase("data: 12345678\ndata\n\n", "TooLarge")]
    [TestCase("event: 123456789\n", "TooLarge")]
    [TestCase("id: 123456789\n", "TooLarge")]
    [TestCase("unknown: 123456\n", "")]
    [TestCase("unknown: 1234567\n", "TooLarge")]
    [TestCase(": a comment may be as long as it likes\ndata: a\n\n", "[a]")]
    public void Data_is_at_most_as_long_as_the_limit(string stream, string expected) =>
        Assert.That(ParsedEvents.Of(stream, maxEventBytes: 8), Is.EqualTo(expected));

    [TestCase("data: 12345678901234567890", "TooLarge")]
    [TestCase("a line that never ends and is no known field", "TooLarge")]
    [TestCase("a line that ends and is no known field\n", "TooLarge")]
    [TestCase(": a comment that ends and is dropped\n", "")]
    [TestCase(": a comment that never ends is not kept", "")]
    public void The_limit_holds_whether_or_not_a_line_ends(string start, string expected) =>
        Assert.That(ParsedEvents.Of(start, maxEventBytes: 8), Is.EqualTo(expected));

    [Test]
    public void A_refused_stream_stays_refused_until_the_parser_is_reset()
    {
        var parser = new EventStreamParser(4);
        Assert.That(ParsedEvents.Of(parser, new ReadOnlySequence<byte>("data: 12345\n\n".ToUtf8())), Is.EqualTo("TooLarge"));
        Assert.That(ParsedEvents.Of(parser, new ReadOnlySequence<byte>("data: 1\n\n".ToUtf8())), Is.EqualTo("TooLarge"));

        parser.Reset();

        Assert.That(ParsedEvents.Of(parser, new ReadOnlySequence<byte>("\uFEFFdata: 1\n\n".ToUtf8())), Is.EqualTo("[1]"));
    }

    [TestCase("", false)]
    [TestCase("data: a\n\n", false)]
    [TestCase("data: a\n\n: comm", false)]
    [TestCase("id: 1\n", false)]
    [TestCase("data: a\n", true)]
    [TestCase("data: a\n\ndat", true)]
    public void An_event_that_has_begun_is_known(string stream, bool expected)
    {
        var parser = new EventStreamParser(64);
        ParsedEvents.Of(parser, new ReadOnlySequence<byte>(stream.ToUtf8()));

        Assert.That(parser.HasPartialEvent, Is.EqualTo(expected));
    }

    [Test]
    public void An_event_is_complete_at_the_CR_of_its_blank_line()
    {
        var parser = new EventStreamParser(64);

        string events = ParsedEvents.Of(parser, new ReadOnlySequence<byte>("data: a\r\n\r".ToUtf8()));
        string after = ParsedEvents.Of(parser, new ReadOnlySequence<byte>("\ndata: b\r\n\r".ToUtf8()));

        Assert.That(events, Is.EqualTo("[a]"));
        Assert.That(after, Is.EqualTo("[b]"));
    }

    [Test]
    public void A_limit_must_be_positive() => Assert.That(() => new EventStreamParser(0), Throws.InstanceOf<ArgumentOutOfRangeException>());

    [Test]
    public void Parsing_allocates_nothing_once_its_buffers_have_grown()
    {
        var parser = new EventStreamParser(1024);
        ReadOnlySequence<byte> stream = Sequences.Crumbled("id: 7\nevent: x\ndata: one\ndata: two\n\n".ToUtf8());
        int events = 0;

        long bytes = Allocations.Of(() =>
        {
            ReadOnlySequence<byte> input = stream;
            while (parser.Parse(ref input) == EventStreamParseStatus.Event)
                events++;
        });

        Assert.That(bytes, Is.Zero);
        Assert.That(events, Is.EqualTo(103));
    }
}
