using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.History;
using SseServer.Tests.History.Postgres;
using SseServer.Tests.Hub.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Cluster;

/// <summary>Primaries that die with events that no standby has, and that come back.</summary>
internal sealed class FailoverTests
{
    [Test]
    public async Task Events_that_an_asynchronous_standby_lacks_are_announced_and_their_ids_not_used_again()
    {
        await using var primary = await PostgresCluster.StartAsync("max_wal_senders = 5");
        var history = await PostgresHistory.CreateAsync(primary);
        await using var standby = await primary.StartStandbyAsync(isSynchronous: false);
        using var hub = Start(history, standby);
        hub.Publish("t", "kept");
        var subscriber = hub.Subscribe(ResumePoint.Oldest, "t");
        subscriber.WaitForData("kept");
        await CaughtUpAsync(primary, standby);

        await standby.StopAsync();
        var lost = hub.Publish("t", "lost");
        subscriber.WaitForData("kept", "lost");
        await primary.KillAsync();
        await standby.RestartAsync();
        await standby.PromoteAsync();

        subscriber.WaitForEnd(StreamEnding.Shed);
        var next = hub.PublishPersistently("t", "next");
        Assert.That(next, Is.GreaterThan(lost));
        var back = hub.Subscribe(TestHub.After(lost), "t");
        Eventually.True(() => back.Data.Contains("next"));
        Assert.That(back.Stream.Gaps.Count(), Is.EqualTo(1));
        Assert.That(back.Data, Does.Not.Contain("lost"));
        hub.Subscribe(ResumePoint.Oldest, "t").WaitForData("kept", "next");
    }

    [Test]
    public async Task A_former_primary_that_comes_back_is_refused()
    {
        await using var former = await PostgresCluster.StartAsync("max_wal_senders = 5");
        var history = await PostgresHistory.CreateAsync(former);
        await using var standby = await former.StartStandbyAsync();
        using var hub = Start(history, standby);
        var subscriber = hub.SubscribeLive("t");
        hub.Publish("t", "1");
        await former.KillAsync();
        await standby.PromoteAsync();
        hub.PublishPersistently("t", "2");
        subscriber.WaitForData("1", "2");

        // It is the only server that answers, a primary still, which waits for no standby.
        await former.RestartAsync();
        await former.WaitForNoStandbyAsync();
        await standby.StopAsync();
        Assert.That(hub.Begin("t", "3", id: "three").Status.GetAwaiter().GetResult(), Is.Not.EqualTo(HubStatus.Ok));
        Eventually.True(() => hub.Hub.HistoryState == HistoryState.Unavailable);

        await standby.RestartAsync();
        hub.PublishPersistently("t", "4", id: "four");
        subscriber.WaitForData("1", "2", "4");
        Assert.That(subscriber.Stream.Gaps, Is.Empty);
        await using var connection = new Npgsql.NpgsqlConnection(former.ConnectionString(new Uri(history.Url).AbsolutePath[1..]));
        await connection.OpenAsync();
        Assert.That(await connection.QueryAsync<long>("select count(*) from sse.events"), Is.EqualTo(new[] { 1L }));
    }

    private static TestHub Start(PostgresHistory history, PostgresCluster standby)
        => new(null, TimeProvider.System, history.NewStore(history.Options(history.UrlWith(standby))));

    private static async Task CaughtUpAsync(PostgresCluster primary, PostgresCluster standby)
    {
        await using var first = await OpenAsync(primary);
        await using var second = await OpenAsync(standby);
        var position = (await first.QueryAsync<string>("select pg_current_wal_insert_lsn()::text")).Single();
        await Eventually.HoldsAsync(
            () => second.QueryAsync<bool>($"select pg_last_wal_replay_lsn() >= '{position}'").GetAwaiter().GetResult() is [true],
            "the standby has what was published");
    }

    private static async Task<Npgsql.NpgsqlConnection> OpenAsync(PostgresCluster cluster)
    {
        var connection = new Npgsql.NpgsqlConnection(cluster.ConnectionString("postgres"));
        await connection.OpenAsync();
        return connection;
    }
}
