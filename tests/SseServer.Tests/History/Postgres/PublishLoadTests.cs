using System.Collections.Concurrent;
using System.Text.Json;
using Npgsql;
using SseServer.Tests.Support;

namespace SseServer.Tests.History.Postgres;

/// <summary>Many transactions at once, and those that stay open for long.</summary>
internal sealed class PublishLoadTests
{
    private const int Publishers = 8;

    private static int Transactions { get; } = Scale.IsLong ? 10_000 : 400;

    [Test]
    public async Task Exactly_what_was_committed_arrives_once_together_and_in_order()
    {
        var history = await PostgresHistory.CreateAsync();
        await using var session = await history.Database.OpenAsync();
        var committed = new ConcurrentDictionary<string, int>();
        var next = 0;
        using var isOver = new CancellationTokenSource();
        var drainers = Enumerable.Range(0, 2).Select(_ => DrainAsync(history, isOver.Token)).ToList();

        await Task.WhenAll(Enumerable.Range(0, Publishers).Select(async publisher =>
        {
            var random = new Random(publisher);
            await using var connection = await history.Database.OpenAsync();
            for (int number; (number = Interlocked.Increment(ref next)) <= Transactions;)
            {
                var events = 1 + random.Next(4);
                await connection.ExecuteAsync("begin");
                for (var i = 0; i < events; i++)
                {
                    if (random.Next(4) == 0) await connection.ExecuteAsync("savepoint s; select sse.publish('t', 'undone'); rollback to s");
                    await connection.ExecuteAsync("select sse.publish($1, $2)", $"t/{random.Next(3)}", $"{number}.{i}");
                    // Some stay open while many others come and go.
                    var until = Math.Min(Transactions, number + Transactions / 10);
                    if (publisher == 0 && i == 0) await Eventually.HoldsAsync(() => Volatile.Read(ref next) >= until, "others went on");
                }

                var isKept = number % 3 != 0;
                await connection.ExecuteAsync(isKept ? "commit" : "rollback");
                if (isKept) committed[$"{number}"] = events;
            }
        }));
        await isOver.CancelAsync();
        await Task.WhenAll(drainers);
        await session.DrainAsync();

        var arrived = (await session.ReadEventsAsync()).Select(e => e[(e.IndexOf("data: ", StringComparison.Ordinal) + 6)..]).ToList();
        var transactions = new List<string>();
        foreach (var name in arrived.Select(data => data.Split('.')[0]))
            if (transactions is not [.., var last] || last != name) transactions.Add(name);
        Assert.That(transactions, Is.Unique, "A transaction's events are together.");
        Assert.That(transactions, Is.EquivalentTo(committed.Keys));
        Assert.That(arrived, Is.EqualTo(transactions.SelectMany(name => Enumerable.Range(0, committed[name]).Select(i => $"{name}.{i}"))));
        Assert.That(await session.ReadAsync<long>("select count(*) from sse.outbox"), Is.Zero);
    }

    [Test]
    public async Task A_drain_costs_no_more_beside_a_transaction_that_stays_open()
    {
        var history = await PostgresHistory.CreateAsync();
        await using var session = await history.Database.OpenAsync();
        await using var open = await history.Database.OpenAsync();
        await session.PublishAsync("t", "first");
        await session.DrainAsync();
        var leastIdle = await DrainedBlocksAsync(session);
        await session.PublishAsync("t", "second");
        var leastBusy = await DrainedBlocksAsync(session);

        // One that has published and keeps what is deleted from being vacuumed.
        await open.ExecuteAsync("begin isolation level repeatable read; select sse.publish('t', 'held')");
        var rounds = Scale.IsLong ? 5000 : 1500;
        await session.ExecuteAsync($"""
            do $$ begin
                for i in 1 .. {rounds} loop
                    perform sse.publish('t', repeat('x', 200));
                    commit;
                    perform sse.drain(0);
                    commit;
                end loop;
            end $$
            """);
        await session.ExecuteAsync("vacuum sse.outbox, sse.outbox_marks");
        var pages = await session.ReadAsync<long>("select pg_relation_size('sse.outbox') / 8192");
        await session.DrainAsync();
        var idle = await DrainedBlocksAsync(session);
        // Vacuum had the session read the catalog again.
        await session.PublishAsync("t", "last but one");
        await session.DrainAsync();
        await session.PublishAsync("t", "last");
        var busy = await DrainedBlocksAsync(session);

        Assert.That(pages, Is.GreaterThan(50), "The table is full of deleted rows.");
        Assert.That(idle, Is.LessThanOrEqualTo(leastIdle + 20), "Nothing to do costs next to nothing.");
        Assert.That(busy, Is.LessThanOrEqualTo(leastBusy + 60), "One event costs what one event costs.");
        await open.ExecuteAsync("commit");
        await session.DrainAsync();
        Assert.That((await session.ReadEventsAsync())[^1], Is.EqualTo("t data: held"));
    }

    [Test]
    public async Task Publishing_waits_for_no_lock_of_the_history()
    {
        var history = await PostgresHistory.CreateAsync();
        await using var node = await history.Database.OpenAsync();
        await using var application = await history.Database.OpenAsync();
        // A node in the middle of an append, which holds everything that it may.
        await node.PublishAsync("t", "x");
        await node.ExecuteAsync("begin; select sse.drain(0)");
        await node.ExecuteAsync("lock table sse.events, sse.topics, sse.publisher_ids");

        await application.ExecuteAsync("set lock_timeout = '2s'; set statement_timeout = '10s'");
        await application.PublishAsync("t", "y");
        const string Locks = "select count(*) from pg_locks where pid = pg_backend_pid() and locktype = 'advisory'";
        await application.ExecuteAsync("begin; select sse.publish('t', 'z')");
        Assert.That(await application.ReadAsync<long>(Locks), Is.Zero);
        await application.ExecuteAsync("commit");
        await node.ExecuteAsync("commit");
        await node.DrainAsync();

        Assert.That(await node.ReadEventsAsync(), Is.EqualTo(new[] { "t data: x", "t data: y", "t data: z" }));
    }

    private static async Task DrainAsync(PostgresHistory history, CancellationToken isOver)
    {
        await using var connection = await history.Database.OpenAsync();
        while (!isOver.IsCancellationRequested) await connection.DrainAsync();
    }

    // The pages that one drain looks at.
    private static async Task<int> DrainedBlocksAsync(NpgsqlConnection session)
    {
        // The first call of a session reads the catalog, too.
        await session.ReadAsync<bool>("select sse.has_waiting()");
        var plan = await session.ReadAsync<string>("explain (analyze, buffers, timing off, format json) select sse.drain(0)");
        using var document = JsonDocument.Parse(plan);
        var node = document.RootElement[0].GetProperty("Plan");
        return node.GetProperty("Shared Hit Blocks").GetInt32() + node.GetProperty("Shared Read Blocks").GetInt32();
    }
}
