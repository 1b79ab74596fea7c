using System.Text.Json;
using SseServer.Endpoints;

namespace SseServer.Tests.Endpoints;

/// <summary>A response as received: status, fields in order, and the decoded body if it was read.</summary>
internal sealed record WireReply(string Head, string Body)
{
    private readonly string[] _lines = Head.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);

    public int Status => int.Parse(_lines[0].AsSpan(9, 3));

    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    /// <summary>The only value of a field; null if there is none. A repeated field fails the test.</summary>
    public string? this[string name]
    {
        get
        {
            var values = _lines.Skip(1).Select(line => line.Split(": ", 2))
                .Where(field => field[0].Equals(name, StringComparison.OrdinalIgnoreCase)).Select(field => field[1]).ToArray();
            Assert.That(values, Has.Length.LessThan(2), $"{name} comes twice");
            return values.FirstOrDefault();
        }
    }

    /// <summary>The <c>code</c> of a refusal.</summary>
    public string Code => Json.GetProperty("code").GetString()!;

    /// <summary>The <c>detail</c> of a refusal, after checking its form (RFC 9457).</summary>
    public string Problem
    {
        get
        {
            Assert.That(this["Content-Type"], Is.EqualTo("application/problem+json"));
            var detail = Json.GetProperty("detail").GetString()!;
            var code = ProblemCode.All.Single(code => code.Text == Code);
            Assert.That(Json.GetProperty("type").GetString(), Is.EqualTo($"/docs/errors#{Code}"));
            Assert.That((Json.GetProperty("status").GetInt32(), code.Status), Is.EqualTo((Status, Status)));
            Assert.That(Json.GetProperty("title").GetString(), Is.EqualTo(code.Title));
            Assert.That(Body, Does.EndWith("}\n"));
            Assert.That(detail, Does.Match(@"^([A-Z]|[a-z]+= ).*\.$"), "a whole sentence");
            return detail;
        }
    }
}
