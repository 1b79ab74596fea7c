using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using SseServer.Hosting;
using SseServer.Hosting.Commands;
using SseServer.Hosting.Settings;

namespace SseServer.Tests.Hosting;

/// <summary>The log's settings, and what its events look like as JSON.</summary>
[Parallelizable(ParallelScope.All)]
internal sealed class LoggingTests
{
    [TestCase("", LogEventLevel.Information)]
    [TestCase("Verbose", LogEventLevel.Verbose)]
    [TestCase("DEBUG", LogEventLevel.Debug)]
    [TestCase("Information", LogEventLevel.Information)]
    [TestCase("Warning", LogEventLevel.Warning)]
    [TestCase("Error", LogEventLevel.Error)]
    [TestCase("Fatal", LogEventLevel.Fatal)]
    [TestCase("None", LevelAlias.Off)]
    public void Level_has_its_names(string text, LogEventLevel level)
    {
        Assert.That(Read(("Logging:Level", text)).Level, Is.EqualTo(level));
        if (text != "") Assert.That(Read(("Logging:Levels:SseServer.Hub", text)).Levels["SseServer.Hub"], Is.EqualTo(level));
    }

    [TestCase(null, false)]
    [TestCase("text", false)]
    [TestCase("JSON", true)]
    public void Format_is_text_or_json(string? text, bool isJson) => Assert.That(Read(("Logging:Format", text)).IsJson, Is.EqualTo(isJson));

    [Test]
    public void Longest_name_that_fits_decides_the_level()
    {
        using var logger = ServerLogging.Create(new()
        {
            Level = LogEventLevel.Warning,
            Levels = new Dictionary<string, LogEventLevel> { ["SseServer"] = LogEventLevel.Debug, ["SseServer.Hub"] = LevelAlias.Off },
        });
        bool IsOn(string name, LogEventLevel level) => logger.ForContext(Constants.SourceContextPropertyName, name).IsEnabled(level);
        Assert.Multiple(() =>
        {
            Assert.That(IsOn("Elsewhere", LogEventLevel.Information), Is.False);
            Assert.That(IsOn("Elsewhere", LogEventLevel.Warning), Is.True);
            Assert.That(IsOn("SseServer.Transport.Connection", LogEventLevel.Debug), Is.True);
            Assert.That(IsOn("SseServer.Transport.Connection", LogEventLevel.Verbose), Is.False);
            Assert.That(IsOn("SseServer.Hub.EventHub", LogEventLevel.Fatal), Is.False);
        });
    }

    [TestCase("Logging:Level", "Loud",
        "Logging:Level: 'Loud' is not valid; it must be one of Verbose, Debug, Information, Warning, Error, Fatal, None.")]
    [TestCase("Logging:Levels:SseServer", "Loud",
        "Logging:Levels: 'SseServer=Loud' is not valid; the level must be one of Verbose, Debug, Information, Warning, Error, Fatal, "
            + "None.")]
    [TestCase("Logging:Levels", "Debug", "Logging:Levels: 'Debug' is a single text; use a JSON object, or settings Logging:Levels:NAME.")]
    [TestCase("Logging:Format", "xml", "Logging:Format: 'xml' is not valid; it must be one of text, json.")]
    [TestCase("Logging:Levl", "Debug", "Logging:Levl is not a setting; did you mean Logging:Level?")]
    [TestCase("Serilog:MinimumLevel", "Debug", "Serilog:MinimumLevel is no longer a setting; use Logging:Level instead.")]
    [TestCase("serilog:minimumlevel:default", "Debug", "serilog:minimumlevel:default is no longer a setting; use Logging:Level instead.")]
    [TestCase("Serilog:MinimumLevel:Override:A.B", "Debug",
        "Serilog:MinimumLevel:Override:A.B is no longer a setting; use Logging:Levels:A.B instead.")]
    [TestCase("Serilog:WriteTo:0:Name", "Console",
        "Serilog:WriteTo:0:Name is no longer a setting; use Logging:Format (text or json) and Logging:Level instead.")]
    public async Task What_would_have_no_effect_is_refused_in_one_sentence(string key, string value, string sentence)
    {
        var error = new StringWriter();
        var code = await ServerProgram.RunAsync([$"--{key}={value}"], [], new StringWriter(), error, _ => { },
            new CancellationToken(canceled: true));
        Assert.That((code, error.ToString()), Is.EqualTo((ExitCode.Usage, sentence + Environment.NewLine)));
    }

    [Test]
    public void Json_keeps_values_and_has_no_character_that_a_terminal_acts_on()
    {
        const string value = "a\u001b[2J\u009b\u202e\n\U000e0041 \"quoted\" ü";
        var line = new StringWriter();
        using (var logger = new LoggerConfiguration().WriteTo.Sink(new Sink(line)).CreateLogger())
            logger.Error(new IOException(value), "Read {Value}", value);

        var text = line.ToString();
        Assert.That(text.Split(Environment.NewLine), Has.Length.EqualTo(2).And.ItemAt(1).Empty);
        Assert.That(TerminalText.Escape(text, keepsLines: true), Is.EqualTo(text));
        using var json = JsonDocument.Parse(text);
        Assert.That(json.RootElement.GetProperty("Value").GetString(), Is.EqualTo(value));
        Assert.That(json.RootElement.GetProperty("@mt").GetString(), Is.EqualTo("Read {Value}"));
        Assert.That(json.RootElement.GetProperty("@l").GetString(), Is.EqualTo("Error"));
        Assert.That(json.RootElement.GetProperty("@x").GetString(), Does.Contain(value));
    }

    private static LogOptions Read(params (string Key, string? Value)[] settings)
    {
        var pairs = settings.Select(setting => KeyValuePair.Create(setting.Key, setting.Value));
        var reader = new SettingsReader(new ConfigurationBuilder().AddInMemoryCollection(pairs).Build());
        var options = LoggingSettings.Read(reader);
        Assert.That(reader.Errors, Is.Empty);
        Assert.That(reader.UnknownKeys(), Is.Empty);
        return options;
    }

    private sealed class Sink(TextWriter output) : ILogEventSink
    {
        private readonly JsonLogFormatter _formatter = new();

        public void Emit(LogEvent logEvent) => _formatter.Format(logEvent, output);
    }
}
