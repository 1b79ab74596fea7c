using SseServer.Endpoints;
using SseServer.Tests.History.Postgres;
using SseServer.Tests.Hub.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Cluster;

/// <summary>How many events published from SQL were rejected, as operators see it: in the metrics of every server.</summary>
internal sealed class RejectedEventsTests
{
    private const string Name = "sse_history_rejected_total";

    private const string Reject = """
        select sse.publish('done', final => true);
        select sse.publish('done', 'late');
        select sse.publish('done', 'later')
        """;

    [Test]
    public async Task Every_server_shows_how_many_events_were_ever_rejected()
    {
        var history = await PostgresHistory.CreateAsync();
        using var one = new TestHub(null, TimeProvider.System, history.NewStore());
        using var two = new TestHub(null, TimeProvider.System, history.NewStore());
        await history.ExecuteAsync(Reject);
        await ShowsAsync(one, 2);
        await ShowsAsync(two, 2);

        await history.ExecuteAsync("delete from sse.rejected");
        await history.ExecuteAsync("select sse.publish('done', 'last')");

        await ShowsAsync(one, 3);
        await ShowsAsync(two, 3);
    }

    [Test]
    public async Task Server_shows_no_number_before_it_knows_it()
    {
        var history = await PostgresHistory.CreateAsync();
        using var hub = new TestHub(store: history.NewStore());
        Assert.That(Metrics(hub), Does.Not.Contain(Name));

        // Its first beat.
        hub.Time.Advance(TimeSpan.FromSeconds(1));

        await ShowsAsync(hub, 0);
    }

    [Test]
    public async Task Crash_of_the_database_adds_nothing_to_the_number()
    {
        await using var cluster = await PostgresCluster.StartAsync("fsync = on", "full_page_writes = on");
        var history = await PostgresHistory.CreateAsync(cluster);
        await using (var session = await history.Database.OpenAsync())
        {
            await session.ExecuteAsync(Reject);
            await session.DrainAsync();
        }

        await cluster.KillAsync();
        await cluster.RestartAsync();

        await using var again = await history.Database.OpenAsync();
        Assert.That(await again.ReadAsync<long>("select sse.rejected_count()"), Is.EqualTo(2));
        await again.ExecuteAsync("select sse.publish('done', 'last')");
        await again.DrainAsync();
        Assert.That(await again.QueryAsync<long>("select number from sse.rejected order by number"), Is.EqualTo(new[] { 1, 2, 3 }));
    }

    [Test]
    public async Task Every_metric_of_a_server_that_shares_its_history_is_documented()
    {
        var history = await PostgresHistory.CreateAsync();
        using var hub = new TestHub(null, TimeProvider.System, history.NewStore());
        await ShowsAsync(hub, 0);
        var page = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "limits.md"));
        var names = Metrics(hub).Split('\n').Where(line => line.StartsWith("# TYPE ", StringComparison.Ordinal))
            .Select(line => line.Split(' ')[2]).ToArray();

        Assert.That(names, Has.Length.GreaterThan(20));
        Assert.That(names.Where(name => !page.Contains($"`{name}", StringComparison.Ordinal)), Is.Empty);
    }

    private static string Metrics(TestHub hub) => MetricsText.Read([hub.Hub.Meter]);

    // Servers read it once a second.
    private static Task ShowsAsync(TestHub hub, int count)
        => Eventually.HoldsAsync(() => Metrics(hub).Contains($"\n{Name} {count}\n", StringComparison.Ordinal), $"{count} are shown");
}
