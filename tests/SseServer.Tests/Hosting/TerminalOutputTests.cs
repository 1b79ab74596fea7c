using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using SseServer.History.Sqlite;
using SseServer.Hosting;
using SseServer.Tests.Auth.Support;
using SseServer.Tests.Endpoints;
using SseServer.Tests.History.Support;

namespace SseServer.Tests.Hosting;

/// <summary>What others write reaches a terminal as text: in the log, and in the command line's output.</summary>
internal sealed partial class TerminalOutputTests
{
    // C0 and C1 controls (ESC, BEL, the 8-bit CSI), DEL, line and paragraph separators, marks and overrides of direction, a byte order
    // mark, a tag.
    private const string Evil
        = "\u0007\u001b[2J\u007f\u0085\u009b31m\u061c\u200b\u200f\u2028\u2029\u202a\u202e\u2066\u2069\ufeff\U000e0041";

    [Test]
    public async Task Log_has_nothing_in_it_that_a_terminal_acts_on()
    {
        using var server = Start(
            "--listen", "127.0.0.1:0", $"--Auth:Jwt:Issuer={TestTokens.Issuer}", $"--Auth:Jwt:Audience={TestTokens.Audience}",
            "--Auth:Jwt:Keys:hs:Algorithm=HS256", $"--Auth:Jwt:Keys:hs:Secret={Encoding.ASCII.GetString(TestTokens.Secret)}");
        var endPoint = await ReadAddressAsync(server);
        var token = TestTokens.Create(DateTimeOffset.UtcNow, grant: """{"admin":true}""", subject: $"eve{Evil}\r\n2026-01-01 forged");
        using (var client = await WireClient.ConnectAsync(endPoint))
        {
            await client.RequestAsync("POST", "/admin/shed?percent=1", "", Guarded.Bearer(token));
            Assert.That((await client.ReadReplyAsync()).Status, Is.EqualTo(202));
        }

        using var kill = Process.Start("kill", ["-TERM", $"{server.Id}"]);
        var log = await server.StandardOutput.ReadToEndAsync();
        await server.WaitForExitAsync();
        Assert.That(log, Does.Contain("sub:eve").And.Contain("<U+202E>").And.Contain("<U+009B>").And.Contain("<U+2028>"));
        Assert.That(Unsafe(log), Is.Empty);
        Assert.That(log.Split('\n').Where(line => line.StartsWith("2026-01-01 forged", StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public async Task Export_is_the_same_JSON_with_such_characters_escaped()
    {
        using var directory = new StoreDirectory();
        using (var store = new SqliteEventStore(directory.File))
        {
            store.Open(1, 1_000_000);
            StoreEvents.Commit(store, new StoredEvent("a", 1000, $"{Evil} \"ünd\" \\ 😀"), new("a", 1001, "x", Name: "n\u202e\u0085"));
            store.Close(1001);
        }

        var output = new StringWriter();
        Assert.That(await ServerProgram.RunAsync(["history", "export", "--History:Path", directory.File], [], output, new StringWriter(),
            _ => { }), Is.Zero);
        Assert.That(Unsafe(output.ToString()), Is.Empty);
        Assert.That(output.ToString(), Does.Contain("ünd").And.Contain("\\u202e"));
        var lines = output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonDocument.Parse(line).RootElement).ToArray();
        Assert.That(lines[0].GetProperty("data").GetString(), Is.EqualTo($"{Evil} \"ünd\" \\ 😀"));
        Assert.That(lines[1].GetProperty("event").GetString(), Is.EqualTo("n\u202e\u0085"));
    }

    [TestCase("--Drain:Seconds={0}")]
    [TestCase("--Nothing:{0}=1")]
    [TestCase("--{0}")]
    [TestCase("{0}")]
    [TestCase("--check={0}")]
    [TestCase("--config={0}")]
    [TestCase("--listen={0}")]
    [TestCase("--Cors:AllowedOrigins={0}")]
    public async Task Complaint_about_an_argument_has_nothing_in_it_that_a_terminal_acts_on(string argument)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var code = await ServerProgram.RunAsync([string.Format(CultureInfo.InvariantCulture, argument, $"x{Evil}")], [], output, error,
            _ => { }, new CancellationToken(canceled: true));
        Assert.That(code, Is.EqualTo(2));
        Assert.That(error.ToString(), Is.Not.Empty);
        Assert.That(Unsafe(output.ToString() + error), Is.Empty);
    }

    private static IEnumerable<string> Unsafe(string text)
        => text.EnumerateRunes()
            .Where(rune => rune.Value != '\n' && Rune.GetUnicodeCategory(rune)
                is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
            .Select(rune => $"U+{rune.Value:X4}").Distinct();

    private static async Task<IPEndPoint> ReadAddressAsync(Process server)
    {
        while (await server.StandardOutput.ReadLineAsync() is { } line)
            if (Listening().Match(line) is { Success: true } match) return IPEndPoint.Parse(match.Groups[1].Value);
        throw new AssertionException("The server did not start.");
    }

    private static Process Start(params string[] args)
    {
        var start = new ProcessStartInfo(
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH")
                ?? "dotnet", [Path.Combine(AppContext.BaseDirectory, "sse-server.dll"), .. args])
        {
            RedirectStandardOutput = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        return Process.Start(start)!;
    }

    [GeneratedRegex("Listening on \"([^\"]+)\"")]
    private static partial Regex Listening();
}
