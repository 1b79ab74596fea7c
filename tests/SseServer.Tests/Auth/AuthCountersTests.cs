using System.Text;
using SseServer.Auth;
using SseServer.Tests.Auth.Support;
using SseServer.Tests.Endpoints;
using SseServer.Tests.Support;

namespace SseServer.Tests.Auth;

/// <summary>Guessed keys are counted and cannot fill the log.</summary>
[Parallelizable(ParallelScope.All)]
internal sealed class AuthCountersTests
{
    private const int CredentialRefused = 3000;

    [Test]
    public async Task Refused_credentials_have_a_line_a_minute_and_reason_with_their_number()
    {
        var time = new FakeTimeProvider();
        var log = new LogLines<Authenticator>();
        using var authenticator = new Authenticator(Guarded.Options, time, log);
        for (var i = 0; i < 1000; i++) await AuthenticateAsync($"guess-{i}");
        Assert.That(Lines(log), Is.EqualTo(new[] { "Unknown:1" }), "the first at once");

        await AuthenticateAsync(TestTokens.Create(time.GetUtcNow().AddDays(-1)));
        Assert.That(Lines(log), Is.EqualTo(new[] { "Unknown:1", "Expired:1" }), "each reason has its own");

        time.Advance(TimeSpan.FromMinutes(1));
        for (var i = 0; i < 1000; i++) await AuthenticateAsync($"guess-{i}");
        Assert.That(Lines(log), Is.EqualTo(new[] { "Unknown:1", "Expired:1", "Unknown:1000" }));

        async Task AuthenticateAsync(string credential)
            => Assert.That((await authenticator.AuthenticateAsync(Encoding.ASCII.GetBytes(credential))).IsAccepted, Is.False);
    }

    [Test]
    public async Task Metrics_count_them_by_reason()
    {
        await using var server = Guarded.Start();
        for (var i = 0; i < 3; i++) await server.SendAsync("GET", "/events", null, Guarded.Bearer($"guess-{i}"));
        await server.SendAsync("POST", "/events", "x", Guarded.Bearer(server.Token(seconds: 0)));
        await server.PublishAsync("/events", "x", Guarded.Bearer(Guarded.KeyOfOps));
        Assert.That(await server.MetricAsync("""sse_auth_refusals_total{reason="unknown"}"""), Is.EqualTo(3));
        Assert.That(await server.MetricAsync("""sse_auth_refusals_total{reason="expired"}"""), Is.EqualTo(1));
        Assert.That(await server.MetricAsync("""sse_auth_refusals_total{reason="bad_signature"}"""), Is.Zero);
    }

    private static IEnumerable<string> Lines(LogLines<Authenticator> log)
        => log.Entries.Where(entry => entry.Id == CredentialRefused).Select(entry => entry.Text)
            .Select(text => $"{text.Split([' ', ','])[2]}:{text.Split(' ')[^1]}");
}
