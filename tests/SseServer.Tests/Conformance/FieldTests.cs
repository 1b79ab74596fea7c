namespace SseServer.Tests.Conformance;

/// <summary>RFC 9112 section 5 and RFC 9110 section 5: field lines, over a connection.</summary>
public sealed class FieldTests
{
    private const string Shape = "RFC 9112 5: field-line = field-name \":\" OWS field-value OWS";
    private const string Name = "RFC 9110 5.1: field-name = token";
    private const string SpaceBeforeColon = "RFC 9112 5.1: a server must reject with 400 whitespace between a field name and the colon";
    private const string ObsFold = "RFC 9112 5.2: a server must reject an obs-fold with 400 or replace it with spaces";
    private const string Indented = "RFC 9112 2.2: whitespace between the start-line and the first field: reject, or ignore the line";
    private const string Controls =
        "RFC 9110 5.5: field values with CR, LF or NUL must be rejected or have them replaced; other CTLs are invalid too";
    private const string BareCr = "RFC 9112 2.2: a recipient of a bare CR must consider that element invalid or replace it";
    private const string BareLf = "RFC 9112 2.2: an LF alone may be taken for a line's end; strict servers do not";
    private const string Opaque = "RFC 9110 5.5: obs-text is to be treated as opaque data";
    private const string Lists = "RFC 9110 5.6.1.2: a recipient must parse and ignore a reasonable number of empty list elements";
    private const string TooLarge =
        "RFC 9110 5.4: to fields larger than it wishes to process a server must answer with a 4xx; RFC 6585 5: 431";
    private const string Cases = "RFC 9110 5.1: field names are case-insensitive";

    [TestCase(Shape, "Name\r\n")]
    [TestCase(Shape, "Name value\r\n")]
    [TestCase(Shape, "Name=value\r\n")]
    [TestCase(Name, ": value\r\n")]
    [TestCase(Name, ":\r\n")]
    [TestCase(Name, "Na me: value\r\n")]
    [TestCase(Name, "Na\tme: value\r\n")]
    [TestCase(Name, "Na\0me: value\r\n")]
    [TestCase(Name, "Na\x7Fme: value\r\n")]
    [TestCase(Name, "N\xE9me: value\r\n")]
    [TestCase(Name, "Na(me): value\r\n")]
    [TestCase(Name, "Na[me]: value\r\n")]
    [TestCase(Name, "Na{me}: value\r\n")]
    [TestCase(Name, "Na/me: value\r\n")]
    [TestCase(Name, "Na;me: value\r\n")]
    [TestCase(Name, "Na@me: value\r\n")]
    [TestCase(Name, "\"Name\": value\r\n")]
    [TestCase(Name, "\xEF\xBB\xBFName: value\r\n")]
    [TestCase(SpaceBeforeColon, "Name : value\r\n")]
    [TestCase(SpaceBeforeColon, "Name\t: value\r\n")]
    [TestCase(SpaceBeforeColon, "Transfer-Encoding : chunked\r\n")]
    [TestCase(SpaceBeforeColon, "Content-Length\t: 5\r\n")]
    [TestCase(SpaceBeforeColon, "Name\v: value\r\n")]
    [TestCase(SpaceBeforeColon, "Name\xA0: value\r\n")]
    [TestCase(ObsFold, "Name: a\r\n b\r\n")]
    [TestCase(ObsFold, "Name: a\r\n\tb\r\n")]
    [TestCase(ObsFold, "Name: a\r\n \r\n")]
    [TestCase(ObsFold, "Name:\r\n a\r\n")]
    [TestCase(ObsFold, "Transfer-Encoding:\r\n chunked\r\n")]
    [TestCase(ObsFold, "Transfer-Encoding: identity\r\n , chunked\r\n")]
    [TestCase(ObsFold, "Name: a\r\n Content-Length: 5\r\n")]
    [TestCase(Controls, "Name: a\0\r\n")]
    [TestCase(Controls, "Name: \0\r\n")]
    [TestCase(Controls, "Name: a\x01" + "b\r\n")]
    [TestCase(Controls, "Name: a\bb\r\n")]
    [TestCase(Controls, "Name:\va\r\n")]
    [TestCase(Controls, "Name: a\f\r\n")]
    [TestCase(Controls, "Name: a\x1B[31m\r\n")]
    [TestCase(Controls, "Name: a\x7F\r\n")]
    [TestCase(BareCr, "Name: a\rb\r\n")]
    [TestCase(BareCr, "Name: a\r\r\n")]
    [TestCase(BareCr, "Name: \ra\r\n")]
    [TestCase(BareCr, "Name: a\rContent-Length: 5\r\n")]
    [TestCase(BareCr, "Na\rme: a\r\n")]
    [TestCase(BareCr, "Name: a\r\n\r")]
    [TestCase(BareLf, "Name: a\nOther: b\r\n")]
    [TestCase(BareLf, "Name: a\n\r\n")]
    [TestCase(BareLf, "Name: a\n b\r\n")]
    [TestCase(BareLf, "Na\nme: a\r\n")]
    [TestCase(BareLf, "Name: a\r\n\n")]
    [TestCase(BareLf, "Name: v\n\0\ralue\r\n")]
    public async Task Line_that_breaks_a_rule_ends_the_connection(string rule, string lines)
    {
        await Conversation.RefusesAsync(rule, $"GET /echo HTTP/1.1\r\nHost: a\r\n{lines}\r\n", 400);
        await Conversation.RefusesAsync(rule, $"GET /echo HTTP/1.1\r\n{lines}Host: a\r\n\r\n", 400);
    }

    [TestCase(" Name: value\r\n")]
    [TestCase("\tName: value\r\n")]
    [TestCase(" \r\n")]
    [TestCase("\tContent-Length: 5\r\n")]
    public Task White_space_before_the_first_field_ends_the_connection(string line) =>
        Conversation.RefusesAsync(Indented, $"GET /echo HTTP/1.1\r\n{line}Host: a\r\n\r\n", 400);

    [TestCase(Shape, "Name:value", "Name: value")]
    [TestCase(Shape, "Name: value", "Name: value")]
    [TestCase(Shape, "Name: \t value\t ", "Name: value")]
    [TestCase(Shape, "Name:", "Name: ")]
    [TestCase(Shape, "Name:  \t", "Name: ")]
    [TestCase(Shape, "Name: a:b: c", "Name: a:b: c")]
    [TestCase(Shape, "Name: a  \tb", "Name: a  \tb")]
    [TestCase(Name, "!#$%&'*+-.^_`|~09azAZ: v", "!#$%&'*+-.^_`|~09azAZ: v")]
    [TestCase(Name, "X_Name: v", "X_Name: v")]
    [TestCase(Opaque, "Name: \xE9\x80\xFF", "Name: \xE9\x80\xFF")]
    [TestCase(Opaque, "Name: \xEF\xBB\xBF", "Name: \xEF\xBB\xBF")]
    [TestCase(Cases, "CONNECTION: Keep-Alive", "CONNECTION: Keep-Alive")]
    [TestCase(Lists, "Connection: , ,keep-alive,, upgrade ,", "Connection: , ,keep-alive,, upgrade ,")]
    [TestCase(Shape, "Name: a\r\nName: b\r\nname: c", "Name: a\nName: b\nname: c")]
    [TestCase(Shape, "Cookie: a=b\r\nCookie: c", "Cookie: a=b\nCookie: c")]
    public Task Fields_are_kept_as_sent_without_outer_white_space(string rule, string lines, string echoed) =>
        Conversation.ServesAsync(rule, $"GET /echo HTTP/1.1\r\nHost: a\r\n{lines}\r\n\r\n", $"Host: a\n{echoed}\n");

    [TestCase(1, 100_000)]
    [TestCase(1, 40_000)]
    [TestCase(101, 1)]
    [TestCase(10_000, 1)]
    public Task Fields_above_the_limits_are_431(int count, int length)
    {
        var lines = string.Concat(Enumerable.Range(0, count).Select(i => $"Name{i}: {new string('a', length)}\r\n"));
        return Conversation.RefusesAsync(TooLarge, $"GET /echo HTTP/1.1\r\nHost: a\r\n{lines}\r\n", 431);
    }

    [TestCase(40_000)]
    [TestCase(100_000)]
    public Task Name_above_the_limit_is_431(int length) =>
        Conversation.RefusesAsync(TooLarge, $"GET /echo HTTP/1.1\r\nHost: a\r\n{new string('a', length)}: b\r\n\r\n", 431);

    [Test]
    public Task Value_of_30000_bytes_is_served() => Conversation.ServesAsync(
        TooLarge, $"GET /echo HTTP/1.1\r\nHost: a\r\nName: {new string('a', 30_000)}\r\n\r\n",
        $"Host: a\nName: {new string('a', 30_000)}\n");
}
