using Npgsql;
using SseServer.Catalog;
using SseServer.Delivery;
using SseServer.History;
using SseServer.History.Postgres;
using SseServer.Tests.History.Postgres;
using SseServer.Tests.Hub.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.Cluster;

/// <summary>What a database may do to a server: each a clear state, nothing lost, and all goes on by itself afterwards.</summary>
internal sealed class DatabaseTroubleTests : IDisposable
{
    private PostgresHistory _history = null!;
    private TestHub? _hub;

    [SetUp]
    public async Task CreateAsync() => _history = await PostgresHistory.CreateAsync();

    [TearDown]
    public void Dispose()
    {
        _hub?.Dispose();
        _hub = null;
    }

    [Test]
    public async Task Append_that_was_cut_off_may_be_repeated_and_is_there_once()
    {
        var hub = Start();
        hub.Publish("t", "first");
        await using var holder = await HoldAppendLockAsync();
        var (_, status) = hub.Begin("t", "second", id: "p");
        await Eventually.HoldsAsync(() => Waiting().Count == 1, "the append waits for the lock");

        await _history.ExecuteAsync($"select pg_terminate_backend({Waiting()[0]})");

        Assert.That(await status.Soon(), Is.EqualTo(HubStatus.OutcomeUnknown));
        await holder.DisposeAsync();
        await PublishUntilOkAsync("t", "second", "p");
        hub.Subscribe(ResumePoint.Oldest, "t").WaitForData("first", "second");
    }

    [Test]
    public async Task Statement_timeout_refuses_the_publish_and_keeps_streams()
    {
        await _history.ExecuteAsync("alter database " + await DatabaseNameAsync() + " set statement_timeout = '500ms'");
        var hub = Start();
        hub.Publish("t", "first");
        var subscriber = hub.Subscribe(ResumePoint.Oldest, "t");
        await using (await HoldAppendLockAsync())
        {
            var (_, status) = hub.Begin("t", "second", id: "p");
            Assert.That(await status.Soon(), Is.EqualTo(HubStatus.OutcomeUnknown));
        }

        await PublishUntilOkAsync("t", "second", "p");
        subscriber.WaitForData("first", "second");
        Assert.That(subscriber.Ending, Is.Null);
    }

    [Test]
    public async Task Commit_whose_wait_for_the_standby_was_cancelled_is_not_acknowledged()
    {
        await using var cluster = await PostgresCluster.StartAsync();
        var history = await PostgresHistory.CreateAsync(cluster);
        var hub = Start(history);
        // No such standby exists.
        await cluster.ExecuteAsync("alter system set synchronous_standby_names = 'nobody'");
        await cluster.ExecuteAsync("select pg_reload_conf()");
        var (_, status) = hub.Begin("t", "x", id: "p");
        const string Waits = "select pid from pg_stat_activity where wait_event = 'SyncRep' and application_name = 'sse-server'";
        await Eventually.HoldsAsync(
            () => history.QueryAsync<int>(Waits).GetAwaiter().GetResult().Count == 1, "the commit waits for a standby");

        foreach (var process in await history.QueryAsync<int>(Waits)) await history.ExecuteAsync($"select pg_cancel_backend({process})");

        Assert.That(await status.Soon(), Is.EqualTo(HubStatus.OutcomeUnknown));
    }

    [TestCase("53100", HubStatus.StoreFull, HistoryState.Full)]
    [TestCase("25006", HubStatus.OutcomeUnknown, HistoryState.Unavailable)]
    public async Task Database_that_cannot_write_says_why_and_goes_on_by_itself(string code, HubStatus refusal, HistoryState state)
    {
        var hub = Start();
        await _history.ExecuteAsync($"""
            create function fail() returns trigger language plpgsql as $$ begin raise exception 'no' using errcode = '{code}'; end $$;
            create trigger fail before insert on sse.events execute function fail();
            """);
        // The state may be found better meanwhile, until the next publish.
        await Eventually.HoldsAsync(
            () => hub.Begin("t", "x", id: "p").Status.GetAwaiter().GetResult() == refusal && hub.Hub.HistoryState == state,
            "the state is told");

        await _history.ExecuteAsync("drop trigger fail on sse.events");

        await PublishUntilOkAsync("t", "x", "p");
        Assert.That(hub.Hub.HistoryState, Is.EqualTo(HistoryState.Ok));
        hub.Subscribe(ResumePoint.Oldest, "t").WaitForData("x");
    }

    [Test]
    public async Task Failure_at_the_start_is_a_sentence_that_says_what_to_do()
    {
        var name = await DatabaseNameAsync();
        var port = new NpgsqlConnectionStringBuilder(_history.Database.ConnectionString).Port;
        await _history.ExecuteAsync($"create role poor{name} login connection limit 0; create role stranger{name} login");
        var schema = new PostgresHistoryOptions(_history);

        Assert.That(schema.Message($"postgres://postgres@127.0.0.1:{port}/none{name}"), Does.Contain("no such database; create it"));
        Assert.That(schema.Message($"postgres://nobody{name}@127.0.0.1:{port}/{name}"), Does.Contain("refuses the user"));
        Assert.That(schema.Message($"postgres://poor{name}@127.0.0.1:{port}/{name}"), Does.Contain("no connection left"));
        Assert.That(schema.Message($"postgres://stranger{name}@127.0.0.1:{port}/{name}"), Does.Contain("does not allow this to the user"));
        Assert.That(schema.Message($"postgres://postgres@127.0.0.1:{port}/{name}?sslmode=require"), Does.Contain("SSL"));
        Assert.That(schema.Message($"postgres://postgres@127.0.0.1:1/{name}"), Does.Contain("127.0.0.1:1 does not answer"));
        Assert.That(schema.Message(_history.Url, "missing"), Does.Contain("run 'sse-server history migrate'"));
        await _history.ExecuteAsync("update sse.settings set version = 99, compatible_from = 98");
        Assert.That(schema.Message(_history.Url), Does.Contain("has version 99").And.Contain("use the newer version"));
    }

    [Test]
    public async Task Server_goes_by_the_clock_of_the_database()
    {
        await _history.ExecuteAsync("""
            create or replace function sse.clock() returns timestamptz language sql as $$ select clock_timestamp() + interval '1 h' $$;
            """);
        var hub = Start();

        var id = hub.Publish("t", "x");

        Assert.That(hub.Hub.Clock.Now - DateTimeOffset.UtcNow, Is.EqualTo(TimeSpan.FromHours(1)).Within(TimeSpan.FromMinutes(1)));
        Assert.That(id.Milliseconds, Is.EqualTo(hub.Hub.Clock.UnixMilliseconds).Within(60_000));
        hub.Subscribe(ResumePoint.At(hub.Hub.Clock.Now - TimeSpan.FromMinutes(10)), "t").WaitForData("x");
    }

    private TestHub Start(PostgresHistory? history = null)
        => _hub = new TestHub(null, TimeProvider.System, (history ?? _history).NewStore());

    private async Task<NpgsqlConnection> HoldAppendLockAsync()
    {
        var connection = await _history.Database.OpenAsync();
        await connection.ExecuteAsync("select pg_advisory_lock($1)", new PostgresSchema("sse").AppendLock);
        return connection;
    }

    private List<int> Waiting() => _history.QueryAsync<int>("""
        select pid from pg_stat_activity where wait_event_type = 'Lock' and wait_event = 'advisory' and datname = current_database()
        """).GetAwaiter().GetResult();

    private async Task<string> DatabaseNameAsync() => (await _history.QueryAsync<string>("select current_database()::text"))[0];

    private async Task PublishUntilOkAsync(string topic, string data, string id)
    {
        var isOk = false;
        await Eventually.HoldsAsync(
            () => isOk = _hub!.Begin(topic, data, id).Status.GetAwaiter().GetResult() == HubStatus.Ok, "publishing works");
        Assert.That(isOk, Is.True);
    }

    /// <summary>Opens stores that cannot be opened.</summary>
    private sealed class PostgresHistoryOptions(PostgresHistory history)
    {
        public string Message(string url, string schema = "sse")
        {
            using var store = history.NewStore(history.Options(url) with { Schema = schema });
            return Assert.Throws<StoreException>(() => store.Open())!.Message;
        }
    }
}
