using System.Net;
using SseServer.Relay;
using SseServer.Tests.Endpoints;
using SseServer.Tests.Relay.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Relay;

/// <summary>How a relay requests its source, and how it handles responses that are not a stream.</summary>
public sealed class RelayConnectionTests
{
    [Test]
    public async Task Request_is_an_EventSources_with_the_credential_of_the_settings()
    {
        await using var source = new SourceServer();
        await using var relay = new RelayUnderTest(source.Url, with: options => options with { Authorization = "Bearer secret" });

        using var exchange = await relay.SoonAsync(source.AcceptAsync());

        Assert.That(exchange.Head, Does.StartWith("GET /feed?q=1 HTTP/1.1\r\n"));
        Assert.That((exchange["Accept"], exchange["Cache-Control"], exchange["Authorization"], exchange["Last-Event-ID"]),
            Is.EqualTo(("text/event-stream", "no-cache", "Bearer secret", (string?)null)));
    }

    [Test]
    public async Task Last_event_id_is_sent_as_utf8_and_an_empty_one_takes_it_back()
    {
        await using var source = new SourceServer();
        await using var relay = new RelayUnderTest(source.Url);

        await (await relay.SoonAsync(source.AcceptAsync()))
            .ReplyAsync(SourceServer.StreamHead + "id: größe 1\ndata: a\n\nid: cut off\ndata: b\n");
        using var second = await relay.SoonAsync(source.AcceptAsync());
        await second.ReplyAsync(SourceServer.StreamHead + "id\n\n");
        using var third = await relay.SoonAsync(source.AcceptAsync());

        Assert.That((second["Last-Event-ID"], third["Last-Event-ID"]), Is.EqualTo(("größe 1", (string?)null)));
    }

    [Test]
    public async Task Responses_without_a_stream_are_retried_and_logged_once_each()
    {
        await using var source = new SourceServer();
        await using var relay = new RelayUnderTest(source.Url);
        using var reader = await relay.ReadAsync();
        string[] answers = ["500 Oh", "500 Oh", "404 No", "200 OK\r\nContent-Type: text/html", "200 OK\r\nContent-Type: text/html",
            "200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip"];
        foreach (var answer in answers)
            await (await relay.SoonAsync(source.AcceptAsync()))
                .ReplyAsync($"HTTP/1.1 {answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");

        using var exchange = await relay.SoonAsync(source.AcceptAsync());
        await exchange.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: Text/Event-Stream; charset=utf-8\r\n\r\ndata: a\n\n");

        Assert.That(await relay.NextAsync(reader, 1), Is.EqualTo(new[] { "a" }));
        Assert.That(await relay.Server.MetricAsync("sse_relay_up{topic=\"t\"}"), Is.EqualTo(1));
        var said = relay.Logs.Complaints.ToArray();
        Assert.That(said, Has.Length.EqualTo(4));
        Assert.That(said[0], Does.Contain("answers 500").And.Not.Contains("q=1"));
        Assert.That(said[1], Does.Contain("answers 404"));
        Assert.That(said[2], Does.Contain("text/html instead of text/event-stream"));
        Assert.That(said[3], Does.Contain("answers in a content coding (gzip)"));
    }

    [Test]
    public async Task No_content_ends_the_relay()
    {
        await using var source = new SourceServer();
        await using var relay = new RelayUnderTest(source.Url);
        await (await relay.SoonAsync(source.AcceptAsync())).ReplyAsync("HTTP/1.1 204 No Content\r\n\r\n");

        await relay.Relays.Running.Soon();

        Assert.That(relay.Logs.Complaints.Single(), Does.Contain("204"));
        Assert.That(source.HasCaller, Is.False);
    }

    [Test]
    public async Task Silent_source_is_asked_again_and_comments_are_no_silence()
    {
        await using var source = new SourceServer();
        await using var relay = new RelayUnderTest(source.Url);
        using var reader = await relay.ReadAsync();
        using var exchange = await relay.SoonAsync(source.AcceptAsync());
        await exchange.SendAsync(SourceServer.StreamHead);
        for (var i = 0; i < 4; i++)
        {
            // The event shows that the earlier bytes were read, and that the connection is still open after more than a minute.
            await exchange.SendAsync($": comment\n\ndata: {i}\n\n");
            Assert.That(await relay.NextAsync(reader, 1), Is.EqualTo(new[] { $"{i}" }));
            relay.Time.Advance(TimeSpan.FromSeconds(30));
        }

        await Eventually.HoldsAsync(
            () =>
            {
                relay.Time.Advance(TimeSpan.FromSeconds(10));
                return source.HasCaller;
            },
            "another request");
    }

    [Test]
    public async Task Source_that_does_not_answer_is_asked_again()
    {
        await using var source = new SourceServer();
        await using var relay = new RelayUnderTest(source.Url);
        using var exchange = await relay.SoonAsync(source.AcceptAsync());

        await Eventually.HoldsAsync(
            () =>
            {
                relay.Time.Advance(TimeSpan.FromSeconds(10));
                return source.HasCaller;
            },
            "another request");

        Assert.That(relay.Logs.Complaints.First(), Does.Contain("is silent"));
    }

    [TestCase(301)]
    [TestCase(302)]
    [TestCase(303)]
    [TestCase(307)]
    [TestCase(308)]
    public async Task Redirect_within_an_origin_is_followed_with_the_credential_and_one_to_http_elsewhere_is_not(int status)
    {
        await using var source = new SourceServer();
        await using var other = new SourceServer();
        await using var relay = new RelayUnderTest(source.Url, with: options => options with { Authorization = "Bearer secret" });
        using var reader = await relay.ReadAsync();

        using var first = await relay.SoonAsync(source.AcceptAsync());
        await first.ReplyAsync($"HTTP/1.1 {status} Go\r\nLocation: /there\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        using var same = await relay.SoonAsync(source.AcceptAsync());
        await same.ReplyAsync($"HTTP/1.1 {status} Go\r\nLocation: {other.Url}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        using var back = await relay.SoonAsync(source.AcceptAsync());
        await back.SendAsync(SourceServer.StreamHead + "data: a\n\n");

        Assert.That(await relay.NextAsync(reader, 1), Is.EqualTo(new[] { "a" }));
        Assert.That(same.Head, Does.StartWith("GET /there "));
        Assert.That((same["Authorization"], back["Authorization"], other.HasCaller), Is.EqualTo(("Bearer secret", "Bearer secret", false)));
        Assert.That(relay.Logs.Complaints.Single(), Does.Contain("redirects to http: of another origin, which is not followed"));
        relay.Logs.Complaints.Clear();
    }

    [TestCase("https://a/x", "https://b/y", null)]
    [TestCase("http://a/x", "https://a/y", null)]
    [TestCase("http://a/x", "https://b:8443/y", null)]
    [TestCase("http://a/x", "http://a/y", null)]
    [TestCase("http://a:80/x", "http://a/y", null)]
    [TestCase("https://a/x", "http://a/x", "redirects to http: of another origin, which is not followed")]
    [TestCase("http://a/x", "http://b/x", "redirects to http: of another origin, which is not followed")]
    [TestCase("http://a/x", "http://a:81/x", "redirects to http: of another origin, which is not followed")]
    [TestCase("http://a/x", "http://127.0.0.1/x", "redirects to http: of another origin, which is not followed")]
    public void Redirect_stays_within_its_origin_or_goes_to_https(string from, string to, string? expected)
    {
        using var response = new HttpResponseMessage(HttpStatusCode.Redirect);
        response.Headers.Location = new Uri(to);

        var next = EventSource.RedirectOf(response, new Uri(from), out var problem);

        Assert.That((next?.ToString(), problem), Is.EqualTo((expected is null ? to : null, expected)));
    }

    // Fetch, "HTTP-redirect fetch": the credential is for its own origin, and a detour does not bring it back.
    [TestCase("https://a.example/x", "https://a.example/y", true)]
    [TestCase("https://a.example/x", "https://A.EXAMPLE:443/y", true)]
    [TestCase("https://a.example/x", "https://b.example/x", false)]
    [TestCase("https://a.example/x", "https://a.example:8443/x", false)]
    [TestCase("https://a.example/x", "https://sub.a.example/x", false)]
    [TestCase("http://a.example/x", "https://a.example/x", false)]
    [TestCase("https://a.example/x", "https://b.example/x https://a.example/x", false)]
    [TestCase("https://a.example/x", "https://a.example/y https://b.example/x", false)]
    public async Task Credential_is_withheld_from_another_origin(string from, string redirects, bool isSent)
    {
        var places = redirects.Split(' ');
        using var network = new RedirectingHandler(places);
        var options = new RelayOptions { Url = new Uri(from), Topic = "t"u8.ToArray(), Authorization = "Bearer secret" };
        using var source = new EventSource(options, network);

        using var answer = await source.RequestAsync("7", CancellationToken.None);

        Assert.That(network.Asked.Select(asked => asked.Url),
            Is.EqualTo(new[] { from }.Concat(places).Select(url => new Uri(url).ToString())));
        Assert.That(network.Asked[0].Authorization, Is.EqualTo("Bearer secret"));
        Assert.That(network.Asked[^1].Authorization, Is.EqualTo(isSent ? "Bearer secret" : null));
        Assert.That(network.Asked.Select(asked => asked.LastEventId), Has.All.EqualTo("7"));
    }

    private sealed class RedirectingHandler(string[] places) : HttpMessageHandler
    {
        public List<(string Url, string? Authorization, string? LastEventId)> Asked { get; } = [];

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Asked.Add((request.RequestUri!.ToString(), Field(request, "Authorization"), Field(request, "Last-Event-ID")));
            var response = new HttpResponseMessage(Asked.Count > places.Length ? HttpStatusCode.NoContent : HttpStatusCode.Redirect);
            if (Asked.Count <= places.Length) response.Headers.Location = new Uri(places[Asked.Count - 1]);
            return Task.FromResult(response);
        }

        private static string? Field(HttpRequestMessage request, string name)
            => request.Headers.TryGetValues(name, out var values) ? string.Join(", ", values) : null;
    }

    [Test]
    public void Redirect_to_a_name_that_no_host_has_is_a_failure_of_the_source()
    {
        using var response = new HttpResponseMessage(HttpStatusCode.Redirect);
        response.Headers.Location = new Uri("http://xn--\u00FC.xn--zzzz99999/");

        var next = EventSource.RedirectOf(response, new Uri("http://a/x"), out var problem);

        Assert.That((next, problem), Is.EqualTo(((Uri?)null, "redirects to an invalid URL")));
    }

    [Test]
    public async Task Certificate_is_verified()
    {
        await using var source = new ServerUnderTest(tls: true);
        await using var relay = new RelayUnderTest(new Uri($"https://localhost:{source.EndPoint.Port}/events/s"));

        await relay.HoldsAsync(() => !relay.Logs.Complaints.IsEmpty, "a line of the log");

        Assert.That(relay.Logs.Complaints.First(), Does.Contain("cannot be read").And.Contain("certificate"));
    }

    [TestCase("", "redirects to an invalid URL")]
    [TestCase("ftp://127.0.0.1/", "redirects to ftp:")]
    [TestCase("http://name:word@127.0.0.1/", "name or password")]
    [TestCase("/feed", "redirects too often")]
    public async Task Redirect_that_is_not_followed_is_logged(string location, string problem)
    {
        await using var source = new SourceServer();
        await using var relay = new RelayUnderTest(source.Url);
        while (relay.Logs.Complaints.IsEmpty)
        {
            using var exchange = await relay.SoonAsync(source.AcceptAsync());
            var field = location.Length == 0 ? "" : $"Location: {location}\r\n";
            await exchange.ReplyAsync($"HTTP/1.1 302 Go\r\n{field}Content-Length: 0\r\nConnection: close\r\n\r\n");
            await relay.HoldsAsync(() => source.HasCaller || !relay.Logs.Complaints.IsEmpty, "the next step");
        }

        Assert.That(relay.Logs.Complaints.Single(), Does.Contain(problem).And.Not.Contains("word@"));
    }
}
