using Microsoft.Extensions.Configuration;
using SseServer.Hosting;
using SseServer.Hosting.Settings;

namespace SseServer.Tests.Hosting.Settings;

internal sealed class ServerSettingsTests
{
    [Test]
    public void Defaults_listen_on_loopback_without_a_demo()
    {
        var settings = Read([], out var errors);

        Assert.That(settings.Listen.Select(address => address.ToString()), Is.EqualTo(new[] { "127.0.0.1:8080" }));
        Assert.That(settings.Demo, Is.False);
        Assert.That(settings.Drain, Is.EqualTo(new DrainOptions()));
        Assert.That(errors, Is.Empty);
    }

    [Test]
    public void Several_addresses_are_listed_with_commas()
    {
        var settings = Read(new() { ["Server:Listen"] = "127.0.0.1:0, [::1]:8080" }, out var errors);

        Assert.That(settings.Listen.Select(address => address.ToString()), Is.EqualTo(new[] { "127.0.0.1:0", "[::1]:8080" }));
        Assert.That(errors, Is.Empty);
    }

    [TestCase("nowhere",
        "Server:Listen: 'nowhere' has no port; write HOST:PORT, such as 127.0.0.1:8080, [::1]:8080, localhost:8080 or *:8080, with "
            + "https:// before it for TLS.")]
    [TestCase("*:1,https://*:1", "Server:Listen: 'https://*:1' is listed twice; list each address once.")]
    [TestCase("*:1,*:1", "Server:Listen: '*:1' is listed twice; list each address once.")]
    [TestCase("", "Server:Listen is empty; give at least one HOST:PORT.")]
    public void Wrong_addresses_are_reported(string listen, string sentence)
    {
        Read(new() { ["Server:Listen"] = listen, ["Auth:AllowAnonymousPublish"] = "true" }, out var errors);

        Assert.That(errors, Is.EqualTo(new[] { sentence }));
    }

    [TestCase("0.0.0.0:0")]
    [TestCase("*:0")]
    [TestCase("127.0.0.1:0,192.0.2.1:0")]
    public void Listening_off_loopback_needs_a_word_on_who_may_publish(string listen)
    {
        Read(new() { ["Server:Listen"] = listen }, out var errors);
        Assert.That(errors, Has.One.Contains("Auth:PublishKeys:NAME").And.One.Contains("Auth:AllowAnonymousPublish=true"));

        foreach (var (key, value) in new[] { ("Auth:PublishKeys:ci", "0123456789abcdef"), ("Auth:AllowAnonymousPublish", "true"),
            ("Auth:AllowAnonymousPublish", "false") })
        {
            Read(new() { ["Server:Listen"] = listen, [key] = value }, out errors);
            Assert.That(errors, Is.Empty, key);
        }
    }

    [Test]
    public void Credentials_for_pages_of_any_origin_are_refused()
    {
        Read(new() { ["Cors:AllowCredentials"] = "true" }, out var errors);
        Assert.That(errors, Has.One.Contains("Cors:AllowCredentials"));
    }

    [TestCase("127.0.0.1:0", null, null, 0)]
    [TestCase("127.0.0.1:0,[::1]:0", null, null, 0)]
    [TestCase("127.0.0.1:0", "127.0.0.1", null, 1000)]
    [TestCase("0.0.0.0:0", null, null, 1000)]
    [TestCase("0.0.0.0:0", null, "0", 0)]
    [TestCase("127.0.0.1:0", null, "2", 2)]
    public void Clients_are_bounded_where_others_than_this_machine_can_come_unless_it_is_said(string listen, string? proxy,
        string? setting, int streams)
    {
        var values = new Dictionary<string, string?>
        {
            ["Server:Listen"] = listen,
            ["Proxy:Trusted"] = proxy,
            ["Auth:AllowAnonymousPublish"] = "true",
            ["Limits:MaxStreamsPerClient"] = setting,
        };
        var settings = Read(values, out var errors);

        Assert.That(errors, Is.Empty);
        Assert.That(settings.Endpoints.Limits.MaxStreamsPerClient, Is.EqualTo(streams));
    }

    [Test]
    public void Longest_reconnection_time_is_one_for_publishers_and_the_server()
    {
        var settings = Read(new() { ["Streams:MaxRetry"] = "2m", ["Streams:ReturnRate"] = "100", ["Drain:Seconds"] = "30" },
            out var errors);

        Assert.That(errors, Is.Empty);
        Assert.That((settings.Endpoints.MaxRetry, settings.Hub.MaxReconnectionTime),
            Is.EqualTo((TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(2))));
        Assert.That((settings.Hub.ReturnRate, settings.Drain.Spread), Is.EqualTo((100, TimeSpan.FromSeconds(24))));
    }

    [TestCase(0, 0, 500, 2500)]
    [TestCase(1, 800, 1300, 3300)]
    [TestCase(2, 1600, 2100, 4100)]
    [TestCase(5, 4000, 5000, 7000)]
    [TestCase(30, 24_000, 30_000, 32_000)]
    public void Drain_leaves_time_for_last_words_and_clients_stay_away_until_the_restart(int seconds, int spread, int cutOff, int absence)
    {
        var drain = Read(new() { ["Drain:Seconds"] = $"{seconds}" }, out var errors).Drain;

        Assert.That(errors, Is.Empty);
        Assert.That(
            new[] { drain.Spread, drain.CutOff, drain.Absence }.Select(time => (int)time.TotalMilliseconds),
            Is.EqualTo(new[] { spread, cutOff, absence }));
        var longer = drain with { RestartAllowance = TimeSpan.FromSeconds(10) };
        Assert.That(longer.Absence, Is.EqualTo(drain.CutOff + TimeSpan.FromSeconds(10)));
        Assert.That((drain with { ClosesListener = true }).Absence, Is.EqualTo(TimeSpan.Zero));
    }

    private static ServerSettings Read(Dictionary<string, string?> values, out IReadOnlyList<string> errors)
    {
        var reader = new SettingsReader(new ConfigurationBuilder().AddInMemoryCollection(values).Build());
        var settings = ServerSettings.Read(reader);
        errors = reader.Errors;
        return settings;
    }
}
