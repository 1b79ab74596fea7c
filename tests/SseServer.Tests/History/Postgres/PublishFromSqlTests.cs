using System.Text;
using Npgsql;
using SseServer.History;
using SseServer.History.Postgres;
using SseServer.Protocol.EventStream;
using SseServer.Protocol.Topics;
using SseServer.Publishing;
using SseServer.Tests.Support;

namespace SseServer.Tests.History.Postgres;

/// <summary><c>publish()</c> and <c>drain()</c>: what applications publish within transactions, and how it enters the history.</summary>
internal sealed class PublishFromSqlTests
{
    [Test]
    public async Task An_event_exists_if_and_only_if_its_transaction_does()
    {
        await using var session = await OpenAsync();

        await session.ExecuteAsync("begin; select sse.publish('orders/1', 'kept'); commit");
        await session.ExecuteAsync("begin; select sse.publish('orders/2', 'dropped'); rollback");
        await session.ExecuteAsync("""
            begin;
            select sse.publish('orders/3', 'before');
            savepoint here;
            select sse.publish('orders/3', 'undone');
            rollback to here;
            select sse.publish('orders/3', 'after');
            commit
            """);
        await session.DrainAsync();

        Assert.That(await session.ReadEventsAsync(), Is.EqualTo(
            new[] { "orders/1 data: kept", "orders/3 data: before", "orders/3 data: after" }));
        Assert.That(await session.ReadAsync<long>("select count(*) from sse.outbox"), Is.Zero);
    }

    [Test]
    public async Task An_append_moves_what_was_published_before_its_own_events()
    {
        await using var session = await OpenAsync();
        await session.ExecuteAsync("select * from sse.attach(0)");
        await session.PublishAsync("a", "from SQL");

        await session.ExecuteAsync("""
            select sse.append(array['a'], array[1], array[1], array[false], array[0], array[0], array[null]::bytea[],
                array['data: from a node'::bytea || '\x0a0a'], 0)
            """);

        Assert.That(await session.ReadEventsAsync(), Is.EqualTo(new[] { "a data: from SQL", "a data: from a node" }));
    }

    [Test]
    public async Task Transactions_that_stay_open_hold_nobody_up_and_come_when_they_commit()
    {
        await using var session = await OpenAsync();
        await using var early = await AgainAsync(session);
        await using var savepoint = await AgainAsync(session);
        await early.ExecuteAsync("begin; select sse.publish('t', 'early 1')");
        await savepoint.ExecuteAsync("begin; savepoint nested; select sse.publish('t', 'savepoint 1'); release nested");

        await session.PublishAsync("t", "short 1");
        await session.DrainAsync();
        Assert.That(await session.ReadEventsAsync(), Is.EqualTo(new[] { "t data: short 1" }));

        await savepoint.ExecuteAsync("commit");
        await session.DrainAsync();
        Assert.That((await session.ReadEventsAsync())[^1], Is.EqualTo("t data: savepoint 1"));

        await early.ExecuteAsync("select sse.publish('t', 'early 2'); commit");
        await session.DrainAsync();

        Assert.That((await session.ReadEventsAsync())[2..], Is.EqualTo(new[] { "t data: early 1", "t data: early 2" }));
    }

    [Test]
    public async Task A_transactions_events_stay_together_however_others_run_beside_it()
    {
        await using var session = await OpenAsync();
        await using var other = await AgainAsync(session);

        await session.ExecuteAsync("begin; select sse.publish('t', 'a1')");
        await other.ExecuteAsync("begin; select sse.publish('t', 'b1')");
        await session.PublishAsync("t", "a2");
        await other.ExecuteAsync("select sse.publish('t', 'b2'); commit");
        await session.ExecuteAsync("select sse.publish('t', 'a3'); commit");
        await session.DrainAsync();

        Assert.That(await DataAsync(session), Is.EqualTo("b1 b2 a1 a2 a3"));
    }

    [Test]
    public async Task An_event_comes_after_those_of_the_transactions_whose_changes_it_follows()
    {
        await using var session = await OpenAsync();
        await using var other = await AgainAsync(session);
        await session.ExecuteAsync("create table orders (id integer primary key, status text); insert into orders values (42, 'new')");

        // The first to publish is the last to change the order.
        await session.ExecuteAsync("begin; select sse.publish('log', 'begun')");
        await other.ExecuteAsync("begin; update orders set status = 'paid'; select sse.publish('orders/42', 'paid')");
        var update = session.ExecuteAsync("update orders set status = 'shipped'; select sse.publish('orders/42', 'shipped'); commit");
        await other.ExecuteAsync("commit");
        await update;
        await session.DrainAsync();

        Assert.That(await DataAsync(session), Is.EqualTo("paid begun shipped"));
    }

    [Test]
    public async Task A_backlog_is_moved_in_bounded_steps_of_whole_transactions()
    {
        await using var session = await OpenAsync();
        for (var i = 0; i < 3; i++)
            await session.ExecuteAsync($"select count(sse.publish('t', '{i} ' || n)) from generate_series(1, 700) n");

        Assert.That(await session.ReadAsync<int>("select sse.drain(0)"), Is.EqualTo(700), "A number of rows is looked at in a step.");
        await session.DrainAsync();

        var expected = Enumerable.Range(0, 3).SelectMany(i => Enumerable.Range(1, 700).Select(n => $"t data: {i} {n}"));
        Assert.That(await session.ReadEventsAsync(), Is.EqualTo(expected));
    }

    [Test]
    public async Task A_large_transaction_is_moved_as_a_whole()
    {
        await using var session = await OpenAsync();
        await session.ExecuteAsync("select count(sse.publish('t', 'large ' || n)) from generate_series(1, 5000) n");
        await session.PublishAsync("t", "small");

        Assert.That(await session.ReadAsync<int>("select sse.drain(0)"), Is.EqualTo(5000));
        Assert.That(await session.ReadAsync<int>("select sse.drain(0)"), Is.EqualTo(1));
        Assert.That((await session.ReadEventsAsync())[^1], Is.EqualTo("t data: small"));
    }

    [Test]
    public async Task What_cannot_be_moved_is_rejected_with_its_reason_and_blocks_nobody()
    {
        await using var session = await OpenAsync();
        await session.ExecuteAsync("""
            select sse.publish('done', 'last', final => true);
            begin;
            select sse.publish('done', 'late', event => 'e', key => 'k');
            select sse.publish('t', 'one', id => 'i');
            select sse.publish('t', 'other', id => 'i');
            select sse.publish('t', 'two');
            commit
            """);
        await session.DrainAsync();

        Assert.That(await session.ReadEventsAsync(), Is.EqualTo(new[] { "done data: last", "t id: i|data: one", "t data: two" }));
        Assert.That(
            await session.QueryAsync<string>("""
                select concat_ws(',', number, reason, topic, publisher_id, key, is_final, replace(block, E'\n', '|'), published_by)
                    from sse.rejected order by number
                """),
            Is.EqualTo(new[]
            {
                "1,topic_ended,done,k,f,event: e|data: late||,postgres", "2,id_conflict,t,i,f,id: i|data: other||,postgres",
            }));
    }

    [Test]
    public async Task True_repeats_are_dropped_quietly()
    {
        await using var session = await OpenAsync();
        for (var i = 0; i < 2; i++)
            await session.ExecuteAsync("""
                select sse.publish('t', 'one', id => 'i');
                select sse.publish('t', 'last', id => 'j', final => true);
                select sse.publish('u', final => true)
                """);
        await session.DrainAsync();

        Assert.That(await session.ReadEventsAsync(), Is.EqualTo(new[] { "t id: i|data: one", "t id: j|data: last", "u " }));
        Assert.That(await session.ReadAsync<long>("select count(*) from sse.rejected"), Is.Zero);
    }

    [Test]
    public async Task A_topic_can_be_published_to_again_once_its_end_is_forgotten()
    {
        await using var session = await OpenAsync();
        await session.ExecuteAsync("select sse.publish('t', 'last', final => true)");
        await session.DrainAsync();
        await session.ExecuteAsync("delete from sse.events");

        await session.PublishAsync("t", "in time for nobody");
        await session.ExecuteAsync("select sse.drain(3600000)");
        Assert.That(await session.ReadAsync<long>("select count(*) from sse.rejected"), Is.EqualTo(1));

        var over = "the end is over";
        await Eventually.HoldsAsync(() => EventId.FirstAt(DateTimeOffset.UtcNow.AddMilliseconds(-2)).Value > LastId(session), over);
        await session.PublishAsync("t", "again");
        await session.DrainAsync();
        Assert.That(await session.ReadEventsAsync(), Is.EqualTo(new[] { "t data: again" }));
    }

    [Test]
    public async Task A_repeat_over_HTTP_of_what_SQL_published_is_recognized_and_the_other_way_round()
    {
        var history = await PostgresHistory.CreateAsync();
        await using var session = await history.Database.OpenAsync();
        using var store = history.NewStore();
        store.Open();
        await session.ExecuteAsync("select sse.publish('t', E'a\\r\\nb', event => 'e', key => 'ä', id => 'sql', retry => 2000)");

        var repeat = Append(store, "sql", "e", "ä", "a\nb");
        var other = Append(store, "sql", "e", "ä", "a\nc");
        Append(store, "http", "e", "", "x");
        await session.ExecuteAsync("select sse.publish('t', 'x', event => 'e', id => 'http'); select sse.publish('t', 'y', id => 'http')");
        await session.DrainAsync();

        Assert.That(repeat.Repeats, Is.EqualTo(new[] { true }));
        Assert.That(other.Refusals, Is.EqualTo(new[] { SharedCommit.Refusal.IdConflict }));
        Assert.That((await session.ReadEventsAsync()).Count, Is.EqualTo(2));
        Assert.That(await session.QueryAsync<string>("select reason from sse.rejected"), Is.EqualTo(new[] { "id_conflict" }));
    }

    private static SharedCommit Append(PostgresEventStore store, string id, string name, string key, string data)
    {
        TopicName.TryCreate("t"u8, out var topic, out _);
        Assert.That(PublisherEventId.TryCreate(Encoding.UTF8.GetBytes(id), out var publisherId), Is.True);
        Assert.That(EventName.TryCreate(Encoding.UTF8.GetBytes(name), out var eventName), Is.True);
        var batch = new PublishBatch();
        batch.Add(topic, new() { Id = publisherId, Name = eventName, Data = Encoding.UTF8.GetBytes(data) }, Encoding.UTF8.GetBytes(key));
        ref readonly var item = ref batch.Items[0];
        var commit = new SharedCommit();
        commit.BeginBatch();
        commit.Add("t"u8, batch.BlockOf(item), batch.KeyOf(item), item.PublisherIdLength, batch.DigestOf(item), isFinal: false);
        store.Append(commit);
        return commit;
    }

    private static long LastId(NpgsqlConnection session) => session.ReadAsync<long>("select last_value from sse.ids").Result;

    private static async Task<string> DataAsync(NpgsqlConnection session)
        => string.Join(' ', (await session.ReadEventsAsync()).Select(e => e[(e.IndexOf("data: ", StringComparison.Ordinal) + 6)..]));

    private static async Task<NpgsqlConnection> OpenAsync() => await (await PostgresHistory.CreateAsync()).Database.OpenAsync();

    private static async Task<NpgsqlConnection> AgainAsync(NpgsqlConnection session)
    {
        var other = new NpgsqlConnection(session.ConnectionString);
        await other.OpenAsync();
        return other;
    }
}
