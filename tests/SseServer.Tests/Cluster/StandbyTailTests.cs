using SseServer.Delivery;
using SseServer.History;
using SseServer.History.Postgres;
using SseServer.Tests.History.Postgres;
using SseServer.Tests.Hub.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Cluster;

/// <summary>A server that reads new events from a standby of the database.</summary>
internal sealed class StandbyTailTests
{
    [Test]
    public async Task Events_come_from_the_standby_once_and_in_order_however_late_it_is()
    {
        await using var primary = await PostgresCluster.StartAsync("max_wal_senders = 5");
        var history = await PostgresHistory.CreateAsync(primary);
        await using var standby = await primary.StartStandbyAsync();
        using var hub = new TestHub(null, TimeProvider.System, NewStore(history, standby));
        using var other = new TestHub(null, TimeProvider.System, history.NewStore());
        var subscriber = hub.SubscribeLive("t");

        hub.Publish("t", "1");
        other.Publish("t", "2");
        subscriber.WaitForData("1", "2");
        Eventually.True(() => hub.Hub.Lag < TimeSpan.FromSeconds(1));

        // What is committed, and read by the other server, is not read here, and this server says so.
        await standby.ExecuteAsync("select pg_wal_replay_pause()");
        await ReplayIsPausedAsync(standby);
        hub.Publish("t", "3");
        other.Publish("t", "4");
        other.Subscribe(ResumePoint.Oldest, "t").WaitForData("1", "2", "3", "4");
        Eventually.True(() => hub.Hub.Lag > TimeSpan.FromSeconds(1));
        Assert.That(subscriber.Data, Is.EqualTo(new[] { "1", "2" }));

        // Who resumes meanwhile gets nothing that is beyond this server's head, and then all.
        var resumed = hub.Subscribe(ResumePoint.Oldest, "t");
        resumed.WaitForData("1", "2");
        await standby.ExecuteAsync("select pg_wal_replay_resume()");
        resumed.WaitForData("1", "2", "3", "4");
        subscriber.WaitForData("1", "2", "3", "4");
        Eventually.True(() => hub.Hub.Lag < TimeSpan.FromSeconds(1));
    }

    [Test]
    public async Task While_no_standby_answers_the_primary_is_read()
    {
        await using var primary = await PostgresCluster.StartAsync("max_wal_senders = 5");
        var history = await PostgresHistory.CreateAsync(primary);
        await using var standby = await primary.StartStandbyAsync(isSynchronous: false);
        using var hub = new TestHub(null, TimeProvider.System, NewStore(history, standby));
        var subscriber = hub.SubscribeLive("t");
        hub.Publish("t", "1");
        subscriber.WaitForData("1");

        await standby.KillAsync();
        hub.Publish("t", "2");

        subscriber.WaitForData("1", "2");
        Eventually.True(() => hub.Hub.Lag < TimeSpan.FromSeconds(1));
    }

    [Test]
    public async Task Promotion_of_the_standby_that_is_read_loses_and_repeats_nothing()
    {
        await using var primary = await PostgresCluster.StartAsync("max_wal_senders = 5");
        var history = await PostgresHistory.CreateAsync(primary);
        await using var standby = await primary.StartStandbyAsync();
        using var hub = new TestHub(null, TimeProvider.System, NewStore(history, standby, isInUrl: true));
        var subscriber = hub.SubscribeLive("t");
        hub.Publish("t", "1");
        subscriber.WaitForData("1");

        await primary.KillAsync();
        await standby.PromoteAsync();
        hub.PublishPersistently("t", "2");

        subscriber.WaitForData("1", "2");
        Assert.That(subscriber.Stream.Gaps, Is.Empty);
    }

    [Test]
    public async Task Database_with_another_history_is_refused()
    {
        var history = await PostgresHistory.CreateAsync();
        var other = await PostgresHistory.CreateAsync();
        using var store = new PostgresEventStore(history.Options() with { TailUrl = other.Options().Url }, TimeSpan.FromHours(1));

        Assert.That(
            store.Open,
            Throws.InstanceOf<StoreException>().With.Message.EqualTo(
                "History:TailUrl has another history than History:Url; name a standby of it."));
    }

    private static PostgresEventStore NewStore(PostgresHistory history, PostgresCluster standby, bool isInUrl = false)
    {
        var second = history.Url.Replace(history.Database.Cluster.Url(""), standby.Url(""), StringComparison.Ordinal);
        var hosts = isInUrl ? history.UrlWith(standby) : history.Url;
        return history.NewStore(history.Options(hosts) with { TailUrl = history.Options(second).Url });
    }

    private static async Task ReplayIsPausedAsync(PostgresCluster standby)
    {
        // It is paused once the record that is under way is replayed.
        await using var connection = new Npgsql.NpgsqlConnection(standby.ConnectionString("postgres"));
        await connection.OpenAsync();
        await Eventually.HoldsAsync(
            () => connection.QueryAsync<string>("select pg_get_wal_replay_pause_state()").GetAwaiter().GetResult() is ["paused"],
            "the replay is paused");
    }
}
