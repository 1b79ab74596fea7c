using Serilog;
using Serilog.Core;
using Serilog.Events;
using SseServer.Hosting;

namespace SseServer.Tests.Hosting;

/// <summary>Which characters are written out, and how.</summary>
[Parallelizable(ParallelScope.All)]
internal sealed class TerminalTextTests
{
    [TestCase("plain text, ünïcödé, 漢字, Ελληνικά, 😀, e\u0301", "plain text, ünïcödé, 漢字, Ελληνικά, 😀, e\u0301")]
    [TestCase("\0\a\b\t\n\v\f\r\u001b", "<U+0000><U+0007><U+0008><U+0009><U+000A><U+000B><U+000C><U+000D><U+001B>")]
    [TestCase("\u007f\u0080\u0085\u009b\u009d\u009f", "<U+007F><U+0080><U+0085><U+009B><U+009D><U+009F>")]
    [TestCase("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
        "<U+061C><U+200E><U+200F><U+202A><U+202B><U+202C><U+202D><U+202E><U+2066><U+2067><U+2068><U+2069>")]
    [TestCase("a\u2028b\u2029c", "a<U+2028>b<U+2029>c")]
    [TestCase("\u200b\u200d\ufeff\u00ad", "<U+200B><U+200D><U+FEFF><U+00AD>")]
    [TestCase("\U000e0041x", "<U+E0041>x")]
    public void Character_that_a_terminal_acts_on_is_named(string text, string escaped)
        => Assert.That(TerminalText.Escape(text), Is.EqualTo(escaped));

    [Test]
    public void Halves_of_surrogate_pairs_are_named()
    {
        Assert.That(TerminalText.Escape("a\ud800"), Is.EqualTo("a<U+D800>"));
        Assert.That(TerminalText.Escape("\udc00b"), Is.EqualTo("<U+DC00>b"));
    }

    [Test]
    public void Lines_stay_where_they_are_the_writers_own()
    {
        Assert.That(TerminalText.Escape("one\ntwo\r\nthree\rover\r", keepsLines: true),
            Is.EqualTo("one\ntwo\r\nthree<U+000D>over<U+000D>"));
    }

    [Test]
    public void JSON_form_means_the_same_character()
    {
        Assert.That(TerminalText.Escape("\u0085\u202e\U000e0041", TerminalText.Form.Json), Is.EqualTo(@"\u0085\u202e\udb40\udc41"));
    }

    [Test]
    public void Values_of_every_shape_are_escaped_in_a_log_event()
    {
        var events = new List<LogEvent>();
        using var logger = new LoggerConfiguration().Enrich.With<TerminalEnricher>().WriteTo.Sink(new Kept(events)).CreateLogger();
        logger.Error(new InvalidOperationException("bad \u009b\r\nforged"), "{Text} {Number} {List} {@Shape} {Map}", "a\u202e\n", 7,
            new[] { "b\u0085" }, new { Inner = "c\u2028" }, new Dictionary<string, string> { ["k\u001b"] = "d\u200f" });

        var written = events.Single();
        Assert.That(written.RenderMessage(), Is.EqualTo(
            """
            "a<U+202E><U+000A>" 7 ["b<U+0085>"] { Inner: "c<U+2028>" } [("k<U+001B>": "d<U+200F>")]
            """));
        var text = ((ScalarValue)written.Properties[TerminalEnricher.ExceptionProperty]).Value!.ToString()!;
        Assert.That(text, Does.Contain("bad <U+009B>"));
        Assert.That(text.TrimEnd().Split('\n'), Has.All.StartsWith("  "), "no line of it passes for an event");
    }

    private sealed class Kept(List<LogEvent> events) : ILogEventSink
    {
        public void Emit(LogEvent logEvent) => events.Add(logEvent);
    }
}
