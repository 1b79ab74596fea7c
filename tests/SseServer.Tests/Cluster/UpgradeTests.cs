using Npgsql;
using SseServer.History.Postgres;
using SseServer.Hosting.Commands;
using SseServer.Tests.Acceptance;
using SseServer.Tests.Endpoints;
using SseServer.Tests.History.Postgres;
using SseServer.Tests.Support;

namespace SseServer.Tests.Cluster;

/// <summary>
/// Servers of this version in processes of their own, while a newer version migrates their schema: whether they go on is what the schema
/// says of versions that it works with.
/// </summary>
[Platform("Linux")]
internal sealed class UpgradeTests
{
    // What a newer version may do in a migration that servers of this one can live with.
    private const string Additions = """
        alter table sse.settings add column note text not null default '';
        alter table sse.topics add column note text not null default '';
        alter table sse.events add column note text not null default '';
        alter table sse.publisher_ids add column note text not null default '';
        alter table sse.outbox add column note text not null default '';
        alter table sse.outbox_marks add column note text not null default '';
        alter table sse.rejected add column note text not null default '';
        alter table sse.nodes add column note text not null default '';
        """;

    [Test]
    public async Task A_server_goes_on_through_an_upgrade_that_works_with_it_and_can_be_started_again()
    {
        var history = await PostgresHistory.CreateAsync();
        await using var session = await history.Database.OpenAsync();
        using var running = await ServerProcess.StartAsync($"--History:Url={history.Url}");
        using var reader = await SubscribeAsync(running, "/events/t");
        await PublishAsync(running, "before");
        await session.PublishAsync("t", "before, from SQL");
        await ReadAsync(reader, "before", "before, from SQL");

        await MigrateAsync(session, compatibleFrom: PostgresSchema.Version);
        await PublishAsync(running, "after", "?id=i&key=k");
        await session.PublishAsync("t", "after, from SQL");
        await ReadAsync(reader, "after", "after, from SQL");
        using var started = await ServerProcess.StartAsync($"--History:Url={history.Url}");
        await PublishAsync(started, "after", "?id=i&key=k");
        await PublishAsync(started, "at the other");

        await ReadAsync(reader, "at the other");
        using var all = await SubscribeAsync(started, "/events/t?since=all");
        await ReadAsync(all, "before", "before, from SQL", "after", "after, from SQL", "at the other");
        Assert.That(await running.StopAsync(), Is.Zero);
    }

    [Test]
    public async Task A_server_that_the_schema_no_longer_works_with_does_not_start_and_says_why()
    {
        var history = await PostgresHistory.CreateAsync();
        await using var session = await history.Database.OpenAsync();
        await MigrateAsync(session, compatibleFrom: PostgresSchema.Version + 1);

        var (exitCode, _, error) = await ServerProcess.RunAsync("--listen", "127.0.0.1:0", $"--History:Url={history.Url}");

        Assert.That(exitCode, Is.EqualTo(ExitCode.Failure));
        Assert.That(error.TrimEnd(), Is.EqualTo(
            "The schema \"sse\" has version 2, and this program needs 1; use the newer version of the program."));
    }

    // As PostgresMigration does it.
    private static Task MigrateAsync(NpgsqlConnection session, int compatibleFrom)
        => session.ExecuteAsync($"""
            begin;
            {new PostgresSchema("sse").MigrationLockStatement}
            {Additions}
            update sse.settings set version = {PostgresSchema.Version + 1}, compatible_from = {compatibleFrom};
            commit
            """);

    private static async Task<WireClient> SubscribeAsync(ServerProcess server, string target)
    {
        var client = await WireClient.ConnectAsync(server.EndPoint);
        await client.RequestAsync("GET", target);
        Assert.That((await client.ReadHeadAsync()).Status, Is.EqualTo(200));
        Assert.That((await client.ReadBlockAsync())?.Name, Is.EqualTo("connected"));
        return client;
    }

    private static async Task PublishAsync(ServerProcess server, string data, string query = "")
    {
        using var client = await WireClient.ConnectAsync(server.EndPoint);
        await client.RequestAsync("POST", $"/events/t{query}", data);
        Assert.That((await client.ReadReplyAsync()).Status, Is.InRange(200, 201));
    }

    private static async Task ReadAsync(WireClient reader, params string[] data)
    {
        foreach (var text in data) Assert.That((await reader.ReadEventAsync().Soon())?.Data, Is.EqualTo(text));
    }
}
