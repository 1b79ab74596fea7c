using System.Globalization;
using System.Text;
using SseServer.Tests.Auth.Support;

namespace SseServer.Tests.Fuzzing;

/// <summary>
/// Valid inputs of every kind that the server reads, composed from pieces of their grammars. Texts have one character per byte. The content
/// of requests is listed once here: a new parameter, field or form of token is added to its list.
/// </summary>
internal sealed class Samples(Random random)
{
    private static readonly string[] TopicNames = ["a", "orders/42", "orders/42/items", "default", "$sys/x", "gr\xC3\xB6\xC3\x9F" + "e/1",
        "a b", "x.y-z_~"];

    private static readonly string[] PatternNames = ["*", "**", "orders/*", "orders/**", "*/42", "*/**", "$sys/*", "orders/*/items"];

    private static readonly string[] Tokens =
    [
        "key-1", "first-key", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIiwiZXhwIjoyMDAwMDAwMDAwfQ.c2lnbmF0dXJl", "eyJhbGciOiJub25lIn0.e30.",
        "a.b.c", "====",
    ];

    // The first ones are the forms of since=.
    private const int SinceForms = 7;

    private static readonly string[] Subscriptions =
    [
        "since=all", "since=10m", "since=90s", "since=2026-01-31T12:00:00Z", "since=2026-01-31T12:00:00.5+01:00", "since=1763790000123-0",
        "since=latest", "lastEventId=1763790000123-0", "lastEventId=mine", "heartbeat=event", "heartbeat=comment", "access_token=TOKEN",
    ];

    private static readonly string[] Publications = ["event=tick", "event=gr%C3%B6%C3%9Fe", "id=mine", "id=1-a", "retry=2500", "key=ACME",
        "final=1", "final=0", "access_token=TOKEN"];

    private static readonly string[] Fields =
    [
        "Accept: text/event-stream", "Accept: */*;q=0.1, text/*", "Last-Event-ID: 1763790000123-0", "Last-Event-ID:",
        "Origin: http://localhost:3000",
        "Origin: https://elsewhere.example", "Authorization: Bearer TOKEN", "Authorization: Basic YTpi",
        "Cookie: a=b; sse-token=TOKEN; c=\"d\"",
        "Connection: keep-alive", "Connection: close", "Expect: 100-continue", "Cache-Control: no-cache",
        "X-Forwarded-For: 192.0.2.1, 10.0.0.1",
        "Forwarded: for=192.0.2.1;proto=https", "Accept-Encoding: gzip, br", "TE: trailers", "Upgrade: h2c",
        "Access-Control-Request-Method: POST",
    ];

    private static readonly string[] TokenFields = ["\"typ\":\"JWT\"", "\"kid\":\"hs\"", "\"jwk\":{\"kty\":\"oct\"}",
        "\"x5u\":\"http://localhost/\"", "\"cty\":\"json\""];

    private static readonly string[] TokenClaims =
    [
        "\"nbf\":1700000000", "\"iat\":1.5e9", "\"jti\":\"gr\xC3\xB6\xC3\x9F" + "e\"",
        "\"sse\":{\"publish\":[\"orders/*\"],\"subscribe\":[\"**\"],\"admin\":true}", "\"sse\":{}",
        "\"sse\":{\"publish\":[]}", "\"scope\":\"a b\"", "\"act\":{\"sub\":\"b\\u00e9\"}",
    ];

    private static readonly string[] Words = ["hello", "", " ", "two\nlines", "a\r\nb\rc", "data: x", "gr\xC3\xB6\xC3\x9F" + "e",
        "{\"a\":[1,2]}", "\xF0\x9F\x98\x80", "42"];

    /// <summary>One or more requests with their bodies.</summary>
    public string Requests() => string.Concat(Some(3, 1, _ => Request()));

    public string Request() => random.Next(7) switch
    {
        0 => Head("GET", Target("/events/" + Escape(Topic()), Some(2, 0, _ => Pick(Subscriptions)))) + "\r\n",
        1 => Head("GET", Target("/events", [.. Some(3, 1, _ => "topic=" + Escape(Selector())), .. Some(3, 0, _ => Pick(Subscriptions))]))
            + "\r\n",
        2 => Head(Pick(["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]), Pick(["/", "/healthz", "*", "/events", "/nothing?a=b"])) + "\r\n",
        3 => Post("/events/" + Escape(Topic()), Some(2, 0, _ => Pick(Publications)),
            Pick(["text/plain", "application/octet-stream", "application/json"]), Text()),
        4 => Post("/events", Some(1, 0, _ => "topic=" + Escape(Topic())), "application/x-ndjson", Batch()),
        5 => Head("DELETE", Target("/events", [.. Some(1, 0, _ => "topic=" + Escape(Selector()))])) + "\r\n",
        _ => Post("/events", [.. Some(1, 0, _ => "topic=" + Escape(Topic())), .. Some(1, 0, _ => Pick(["final=1", "final=0"]))],
            "text/event-stream", EventStream()),
    };

    /// <summary>The request line and fields without the empty line.</summary>
    public string Head(string method, string target) =>
        $"{method} {target} HTTP/{Pick(["1.1", "1.1", "1.1", "1.0"])}\r\nHost: localhost\r\n"
            + string.Concat(Some(4, 0, _ => WithToken(Pick(Fields)) + "\r\n"));

    public string Chunked(string body)
    {
        var text = new StringBuilder();
        while (body.Length > 0)
        {
            var length = random.Next(1, body.Length + 1);
            text.Append(CultureInfo.InvariantCulture, $"{length:x}{Extension()}\r\n{body[..length]}\r\n");
            body = body[length..];
        }

        return text.Append(CultureInfo.InvariantCulture, $"0{Extension()}\r\n{Pick(["", "", "Name: value\r\n"])}\r\n").ToString();
    }

    /// <summary>An NDJSON batch.</summary>
    public string Batch() => string.Join('\n', Some(4, 1, _ => BatchLine()));

    public string BatchLine()
    {
        string[] fields =
        [
            $"\"data\":{Pick(["\"hello\"", "\"a\\nb\\u00e9\"", "42", "null", "{\"a\":[1,{}]}", "[]", "\"\xC3\xA9\"", "-1.5e3"])}",
            .. Some(3, 0, _ => Pick(["\"topic\":\"orders/42\"", "\"event\":\"tick\"", "\"id\":\"mine\"", "\"retry\":2500",
                "\"key\":\"ACME\"", "\"final\":true", "\"final\":false"])),
        ];
        return Json(fields);
    }

    /// <summary>An event stream as publishers send it.</summary>
    public string EventStream() => string.Concat(Some(4, 1, _ =>
        string.Concat(Some(5, 1, _ => Pick(["data: hello", "data", "data:  x", "event: tick", "id: mine", "id", "retry: 2500", ": comment",
            "other: x"]) + LineEnd())) + LineEnd()));

    /// <summary>The header and the payload of a token, one line each, with claims of the tests' own issuer.</summary>
    public string Token()
    {
        string[] header = ["\"alg\":\"HS256\"", .. Some(2, 0, _ => Pick(TokenFields))];
        string[] payload =
        [
            $"\"iss\":\"{TestTokens.Issuer}\"", $"\"aud\":{Pick([$"\"{TestTokens.Audience}\"", $"[\"a\",\"{TestTokens.Audience}\"]"])}",
            "\"sub\":\"alice\"", "\"exp\":2000000000", .. Some(2, 0, _ => Pick(TokenClaims)),
        ];
        return Json(header) + "\n" + Json(payload);
    }

    public string Selector() => random.Next(2) == 0 ? Topic() : Pattern();

    public string Topic() => Pick(TopicNames);

    public string Pattern() => Pick(PatternNames);

    public string Since() => Pick(Subscriptions[..SinceForms])["since=".Length..];

    public string Query() => string.Join('&', Some(5, 1, _ => random.Next(2) == 0 ? Pick(Subscriptions) : "topic=" + Escape(Selector())));

    public string Text() => string.Concat(Some(3, 0, _ => Pick(Words)));

    private string Json(string[] members)
    {
        random.Shuffle(members);
        return "{" + string.Join(',', members.Distinct()) + "}";
    }

    private string Post(string path, string[] parameters, string type, string body)
    {
        var head = Head("POST", Target(path, parameters)) + $"Content-Type: {type}{Pick(["", "; charset=utf-8"])}\r\n";
        return random.Next(2) == 0
            ? $"{head}Content-Length: {body.Length}\r\n\r\n{body}" : $"{head}Transfer-Encoding: chunked\r\n\r\n{Chunked(body)}";
    }

    private string Target(string path, string[] parameters) =>
        (random.Next(8) == 0 ? "http://localhost" : "") + path
            + (parameters.Length == 0 ? "" : "?" + WithToken(string.Join('&', parameters)));

    private string WithToken(string text) => text.Replace("TOKEN", Pick(Tokens), StringComparison.Ordinal);

    private string Extension() => Pick(["", "", "", ";a", ";a=b;c", " ; a = \"b;\\\"c\""]);

    private string LineEnd() => Pick(["\n", "\n", "\r\n", "\r"]);

    private string Pick(string[] choices) => choices[random.Next(choices.Length)];

    private string[] Some(int most, int least, Func<int, string> make)
        => [.. Enumerable.Range(0, random.Next(least, most + 1)).Select(make)];

    // Names of pieces hold no character that would end the path, the query or the line.
    private string Escape(string text) => string.Concat(text.Select(character =>
        character > 0x7E || character == ' ' || (random.Next(8) == 0 && character != '*')
            ? $"%{(int)character:x2}" : character.ToString()));
}
