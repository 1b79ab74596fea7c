using SseServer.Protocol.Http;
using SseServer.Protocol.Tests.Support;

namespace SseServer.Protocol.Tests.Http;

/// <summary>RFC 9112 section 5: field lines. Each rule stands before its inputs.</summary>
public class FieldLineTests
{
    private const string Shape = "RFC 9112 5: field-line = field-name \":\" OWS field-value OWS";
    private const string NameToken = "RFC 9110 5.1: field-name = token";
    private const string SpaceBeforeColon = "RFC 9112 5.1: white space between name and colon must be answered with 400";
    private const string ObsFold = "RFC 9112 5.2: a server that receives an obs-fold must either reject or replace it";
    private const string Indented = "RFC 9112 2.2: white space between the start-line and the first field must be rejected or skipped";
    private const string Controls = "RFC 9110 5.5: values with CR, LF or NUL are invalid and dangerous; other controls are invalid too";
    private const string BareCr = "RFC 9112 2.2: a recipient of a bare CR must consider that element to be invalid";

    [TestCase(Shape, "NoColon", RequestRejection.MissingColon)]
    [TestCase(Shape, "No Colon", RequestRejection.MissingColon)]
    [TestCase(Shape, ": value", RequestRejection.EmptyFieldName)]
    [TestCase(Shape, ":", RequestRejection.EmptyFieldName)]
    [TestCase(NameToken, "Na me: value", RequestRejection.InvalidFieldName)]
    [TestCase(NameToken, "N(a)me: value", RequestRejection.InvalidFieldName)]
    [TestCase(NameToken, "Näme: value", RequestRejection.InvalidFieldName)]
    [TestCase(NameToken, "N\0me: value", RequestRejection.InvalidFieldName)]
    [TestCase(NameToken, "\"Name\": value", RequestRejection.InvalidFieldName)]
    [TestCase(SpaceBeforeColon, "Name : value", RequestRejection.SpaceBeforeColon)]
    [TestCase(SpaceBeforeColon, "Name\t: value", RequestRejection.SpaceBeforeColon)]
    [TestCase(SpaceBeforeColon, "Content-Length : 5", RequestRejection.SpaceBeforeColon)]
    [TestCase(ObsFold, "Name: value\r\n more", RequestRejection.FoldedFieldLine)]
    [TestCase(ObsFold, "Name: value\r\n\tmore: x", RequestRejection.FoldedFieldLine)]
    [TestCase(Indented, " Name: value", RequestRejection.FoldedFieldLine)]
    [TestCase(Indented, "\t", RequestRejection.FoldedFieldLine)]
    [TestCase(Controls, "Name: a\0b", RequestRejection.ControlInFieldValue)]
    [TestCase(Controls, "Name: a\x0B", RequestRejection.ControlInFieldValue)]
    [TestCase(Controls, "Name: \x1F" + "b", RequestRejection.ControlInFieldValue)]
    [TestCase(Controls, "Name: a\x7F", RequestRejection.ControlInFieldValue)]
    [TestCase(Controls, "Name: a\nOther: b", RequestRejection.BareLineFeed)]
    [TestCase(BareCr, "Name: a\rb", RequestRejection.BareCarriageReturn)]
    [TestCase(BareCr, "Name: a\r\r\nOther: b", RequestRejection.BareCarriageReturn)]
    public void A_line_that_breaks_a_rule_is_refused(string rule, string lines, RequestRejection expected)
    {
        Assert.That(ParsedHead.Of($"GET / HTTP/1.1\r\n{lines}\r\nHost: a\r\n\r\n").Rejection, Is.EqualTo(expected), rule);
        bool isRefusedLater = ParsedHead.Of($"GET / HTTP/1.1\r\nHost: a\r\n{lines}\r\n\r\n").Rejection == expected;
        Assert.That(isRefusedLater, Is.True, rule);
    }

    [TestCase("Name: value", "value")]
    [TestCase("Name:value", "value")]
    [TestCase("Name: \t value \t", "value")]
    [TestCase("Name: two  words", "two  words")]
    [TestCase("Name: a\tb", "a\tb")]
    [TestCase("Name: a:b", "a:b")]
    [TestCase("Name: größe", "größe")]
    [TestCase("Name:", "")]
    [TestCase("Name: \t ", "")]
    public void A_value_is_kept_without_the_white_space_around_it(string line, string expected)
    {
        using RequestHead head = ParsedHead.Complete($"GET / HTTP/1.1\r\nHost: a\r\n{line}\r\n\r\n");

        Assert.That(Text.Latin1(head.HeaderName(1)), Is.EqualTo("Name"));
        Assert.That(Text.Latin1(head.HeaderValue(1)), Is.EqualTo(expected));
    }

    [Test]
    public void Every_token_character_may_stand_in_a_name()
    {
        const string Name = "!#$%&'*+-.^_`|~09azAZ";

        using RequestHead head = ParsedHead.Complete($"GET / HTTP/1.1\r\nHost: a\r\n{Name}: b\r\n\r\n");

        Assert.That(head.TryGetHeader(Name.ToLatin1(), out ReadOnlySpan<byte> value), Is.True);
        Assert.That(Text.Latin1(value), Is.EqualTo("b"));
    }
}
