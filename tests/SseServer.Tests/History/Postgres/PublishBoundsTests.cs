using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SseServer.Hosting;
using SseServer.Hosting.Settings;
using SseServer.Hub;
using SseServer.Tests.Endpoints;

namespace SseServer.Tests.History.Postgres;

/// <summary>
/// The bounds on events, which a server has from its settings and <c>publish()</c> from the table <c>settings</c>: a server whose own
/// differ says so when it starts.
/// </summary>
internal sealed class PublishBoundsTests
{
    private const string Schema = "live";

    [Test]
    public async Task Server_with_other_bounds_says_what_to_run_and_is_silent_once_that_was_run()
    {
        var history = await PostgresHistory.CreateAsync(schema: Schema);
        (string, string)[] settings =
            [("Limits:MaxEventBytes", "2MB"), ("Streams:MinRetry", "200ms"), ("Streams:MaxRetry", "5m")];
        var warning = Start(history, settings).Single();

        Assert.That(warning, Is.EqualTo(
            "Events published from SQL have other bounds than this server's: Limits:MaxEventBytes is 2097152, max_event_bytes 1048576; "
                + "Streams:MinRetry in ms is 200, min_retry_ms 1000; Streams:MaxRetry in ms is 300000, max_retry_ms 60000. Change the "
                + "settings of the server, or run: update \"live\".settings set max_event_bytes = 2097152, min_retry_ms = 200, "
                + "max_retry_ms = 300000"));
        Assert.That(Start(history), Is.Empty, "The defaults are alike.");
        await history.ExecuteAsync(warning[(warning.IndexOf("run: ", StringComparison.Ordinal) + 5)..]);
        Assert.That(Start(history, settings), Is.Empty);
        Assert.That(Start(history).Single(), Does.Contain("Limits:MaxEventBytes is 1048576, max_event_bytes 2097152; "));
    }

    [Test]
    public async Task Only_what_differs_is_named()
    {
        var history = await PostgresHistory.CreateAsync(schema: Schema);
        var warning = Start(history, ("Streams:MinRetry", "0s")).Single();
        Assert.That(warning, Does.Contain("this server's: Streams:MinRetry in ms is 0, min_retry_ms 1000. Change"));
    }

    [TestCase(1, 200, 300_000, 200)]
    [TestCase(1_000_000, 200, 300_000, 300_000)]
    [TestCase(59, 0, 60_000, 59)]
    public async Task A_reconnection_time_is_brought_into_the_bounds_of_the_table(int retry, int least, int most, int expected)
    {
        var history = await PostgresHistory.CreateAsync();
        await history.ExecuteAsync($"update sse.settings set min_retry_ms = {least}, max_retry_ms = {most}");
        await history.ExecuteAsync($"select sse.publish('t', 'x', retry => {retry})");
        Assert.That(
            await history.QueryAsync<string>("select split_part(convert_from(block, 'UTF8'), E'\\n', 1) from sse.outbox"),
            Is.EqualTo(new[] { $"retry: {expected}" }));
    }

    [TestCase("max_event_bytes = 63")]
    [TestCase("max_event_bytes = 268435457")]
    [TestCase("min_retry_ms = -1")]
    [TestCase("min_retry_ms = 60001")]
    [TestCase("max_retry_ms = 86400001")]
    public async Task Bounds_that_no_server_can_have_are_refused(string assignment)
    {
        var history = await PostgresHistory.CreateAsync();
        Assert.That(
            async () => await history.ExecuteAsync($"update sse.settings set {assignment}"),
            Throws.InstanceOf<Npgsql.PostgresException>().With.Property(nameof(Npgsql.PostgresException.SqlState)).EqualTo("23514"));
    }

    // What it warns of.
    private static string[] Start(PostgresHistory history, params (string Key, string Value)[] settings)
    {
        (string Key, string Value)[] all = [("History:Url", history.Url), ("History:Schema", Schema), .. settings];
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(all.Select(pair => KeyValuePair.Create(pair.Key, (string?)pair.Value))).Build();
        var reader = new SettingsReader(configuration);
        var read = ServerSettings.Read(reader);
        Assert.That(reader.Errors, Is.Empty);
        var loggers = new RecordingLoggers();
        using var services = new ServiceCollection()
            .AddSingleton(read).AddSingleton(TimeProvider.System).AddSingleton<ILogger<EventHub>>(new Logger<EventHub>(loggers))
            .BuildServiceProvider();
        using (HubOpening.Open(services))
        {
            // Only its start is of interest.
        }

        return [.. loggers.Complaints.Select(text => text[(text.IndexOf(": ", StringComparison.Ordinal) + 2)..].TrimEnd())];
    }
}
