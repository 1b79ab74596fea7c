namespace SseServer.Browser.Tests;

/// <summary>The pauses of the server's own client, over responses that a test makes up.</summary>
public sealed class ClientBackoffTests
{
    // One answer, then another one again and again; a clock that runs fast ends each pause.
    private const string Pauses = """
        async ([first, then, random, count, options]) => {
          Math.random = () => random;
          const delays = [];
          const answer = ([status, headers, body]) => {
            if (status === 0) throw new TypeError("refused");
            return new Response(body, { status, headers });
          };
          let asked = 0;
          const source = new EventStream("/events", { ...options, fetch: async () => answer(asked++ === 0 ? first : then) });
          return await new Promise(done => source.onerror = event => {
            delays.push(Math.round(event.delay ?? -1));
            if (delays.length === count || source.readyState === 2) {
              source.close();
              done(delays);
            }
          });
        }
        """;

    private static readonly object[] Stream =
        [200, new Dictionary<string, string> { ["Content-Type"] = "text/event-stream" }, "retry: 1000\n\n"];

    private static readonly object[] Failure = [0, new Dictionary<string, string>(), ""];

    [TestCase(0, new[] { 1000, 1000, 1000, 1000, 1000 })]
    [TestCase(0.5, new[] { 1000, 1500, 2500, 4500, 5500 })]
    [TestCase(1, new[] { 1000, 2000, 4000, 8000, 10000 })]
    public async Task Pauses_double_from_the_servers_retry_with_full_jitter_above_it(double random, int[] pauses)
        => Assert.That(await PausesAsync(Stream, Failure, random, pauses.Length, new { maxDelay = 10000 }), Is.EqualTo(pauses));

    [TestCase("7", 7000)]
    [TestCase("0", 2000)]
    public async Task Retry_After_is_the_least(string seconds, int pause)
    {
        object[] refusal = [503, new Dictionary<string, string> { ["Retry-After"] = seconds }, ""];
        Assert.That(await PausesAsync(Stream, refusal, 1, 2, new { }), Is.EqualTo(new[] { 1000, pause }));
    }

    [TestCase(408)]
    [TestCase(425)]
    [TestCase(429)]
    [TestCase(500)]
    [TestCase(502)]
    [TestCase(504)]
    public async Task Passing_refusal_brings_it_back(int status)
    {
        object[] refusal = [status, new Dictionary<string, string>(), "<html>"];
        Assert.That(await PausesAsync(refusal, Stream, 0, 2, new { }), Has.Length.EqualTo(2));
    }

    [Test]
    public async Task Clients_that_never_reached_a_server_are_not_in_step()
    {
        Assert.That(await PausesAsync(Failure, Failure, 0, 1, new { }), Is.EqualTo(new[] { 1000 }));
        Assert.That(await PausesAsync(Failure, Failure, 1, 1, new { }), Is.EqualTo(new[] { 6000 }));
    }

    private static async Task<int[]> PausesAsync(object[] first, object[] then, double random, int count, object options)
    {
        await using var server = Servers.Start();
        await using var page = await ClientPage.OpenAsync(server.UrlOf("/"));
        await page.Page.Clock.InstallAsync();
        var pauses = page.Page.EvaluateAsync<int[]>(Pauses, new object[] { first, then, random, count, options });
        while (!pauses.IsCompleted) await page.Page.Clock.RunForAsync(1000);
        return await pauses;
    }
}
