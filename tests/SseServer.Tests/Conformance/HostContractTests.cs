using System.Text;
using SseServer.ConformanceHost;

namespace SseServer.Tests.Conformance;

/// <summary>What suites rely on when they talk to the conformance host.</summary>
public sealed class HostContractTests
{
    private const string Contract = "the host's own contract";

    [TestCase("GET", "/")]
    [TestCase("OPTIONS", "/")]
    [TestCase("GET", "/anything?a=b")]
    [TestCase("PUT", "/")]
    [TestCase("DELETE", "/a/b")]
    [TestCase("PATCH", "/echo/more")]
    [TestCase("BREW", "/")]
    [TestCase("PUT", "/cookies")]
    public Task Any_method_and_path_is_200(string method, string path) =>
        Conversation.ServesAsync(Contract, $"{method} {path} HTTP/1.1\r\nHost: a\r\n\r\n", "OK\n");

    [TestCase("/")]
    [TestCase("/anything")]
    [TestCase("/cookie")]
    public Task Post_echoes_the_decoded_body(string path) => Conversation.ServesAsync(
        Contract, $"POST {path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na\0\xFF\r\n1\r\n\n\r\n0\r\n\r\n",
        "a\0\xFF\n");

    [TestCase("GET")]
    [TestCase("POST")]
    [TestCase("PURGE")]
    public Task Echo_answers_with_the_header_lines(string method) => Conversation.ServesAsync(
        Contract,
        $"{method} /echo HTTP/1.1\r\nHost: a\r\nX-One:  1 \r\nx-one: 2\r\nContent-Length: 2\r\nEmpty:\r\n\r\nhi",
        "Host: a\nX-One: 1\nx-one: 2\nContent-Length: 2\nEmpty: \n");

    // RFC 6265 section 4.2.1: cookie-string = cookie-pair *( ";" SP cookie-pair ).
    [TestCase("a=b", "a=b\n")]
    [TestCase("a=b; c=d", "a=b\nc=d\n")]
    [TestCase("a=b;c=d", "a=b\nc=d\n")]
    [TestCase(" a = b ;\tc=d ", "a=b\nc=d\n")]
    [TestCase("a=", "a=\n")]
    [TestCase("a=b=c==", "a=b=c==\n")]
    [TestCase("a=\"b c\"", "a=\"b c\"\n")]
    [TestCase("a=\"b;c\"", "a=\"b\n")]
    [TestCase("a=b; a=c", "a=b\na=c\n")]
    [TestCase("A=b; a=c", "A=b\na=c\n")]
    [TestCase("a=hello world", "a=hello world\n")]
    [TestCase("a=\xE9", "a=\xE9\n")]
    [TestCase("$Version=1; a=b", "$Version=1\na=b\n")]
    [TestCase("", "")]
    [TestCase("a", "")]
    [TestCase("=b", "")]
    [TestCase(" =b; c", "")]
    [TestCase("===;;;", "")]
    [TestCase(";;; ; a=b ;", "a=b\n")]
    [TestCase("a=b\r\nCookie: c=d", "a=b\nc=d\n")]
    [TestCase("a=b\r\ncOOKIE: a", "a=b\n")]
    public Task Cookie_answers_with_the_pairs(string value, string pairs) =>
        Conversation.ServesAsync(Contract, $"GET /cookie HTTP/1.1\r\nHost: a\r\nCookie: {value}\r\n\r\n", pairs);

    [TestCase("a=\0", 400)]
    [TestCase("a=\x01\x02\x03", 400)]
    [TestCase("a=\x7F", 400)]
    public Task Cookie_with_controls_is_refused(string value, int status) =>
        Conversation.RefusesAsync(Contract, $"GET /cookie HTTP/1.1\r\nHost: a\r\nCookie: {value}\r\n\r\n", status);

    [Test]
    public Task Very_many_cookies_are_parsed()
    {
        var pairs = Enumerable.Range(0, 1000).Select(i => $"k{i}=v{i}").ToArray();
        return Conversation.ServesAsync(
            Contract, $"GET /cookie HTTP/1.1\r\nHost: a\r\nCookie: {string.Join("; ", pairs)}\r\n\r\n",
            string.Concat(pairs.Select(pair => pair + "\n")));
    }

    [Test]
    public Task Cookie_of_64_kilobytes_is_431() =>
        Conversation.RefusesAsync(Contract, $"GET /cookie HTTP/1.1\r\nHost: a\r\nCookie: a={new string('a', 65536)}\r\n\r\n", 431);

    [Test]
    public void Any_bytes_between_semicolons_are_taken_without_harm([Range(0, 9)] int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 200; round++)
        {
            var bytes = new byte[random.Next(40)];
            for (var i = 0; i < bytes.Length; i++) bytes[i] = "a=;= \t\"\0\xFF"u8[random.Next(10)];
            var expected = Encoding.Latin1.GetString(bytes).Split(';').Where(part => part.Contains('=', StringComparison.Ordinal))
                .Select(part => part.Split('=', 2)).Where(pair => pair[0].Trim(' ', '\t').Length > 0)
                .Select(pair => pair[0].Trim(' ', '\t') + "=" + pair[1].Trim(' ', '\t'));
            var pairs = new List<string>();
            foreach (var pair in new CookiePairs(bytes)) pairs.Add(Encoding.Latin1.GetString(pair.Name) + "="
                + Encoding.Latin1.GetString(pair.Value));
            Assert.That(pairs, Is.EqualTo(expected));
        }
    }
}
