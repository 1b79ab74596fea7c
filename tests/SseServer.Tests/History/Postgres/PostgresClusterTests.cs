using Npgsql;

namespace SseServer.Tests.History.Postgres;

/// <summary>The server that the tests of a shared history use.</summary>
internal sealed class PostgresClusterTests
{
    [Test]
    public async Task A_database_is_empty_and_belongs_to_one_test()
    {
        var cluster = await PostgresCluster.SharedAsync();
        await using var first = await cluster.CreateDatabaseAsync();
        await using var second = await cluster.CreateDatabaseAsync();
        await using var connection = await first.OpenAsync();
        await using var other = await second.OpenAsync();

        await using (var create = new NpgsqlCommand("create table only_here ()", connection)) await create.ExecuteNonQueryAsync();
        await using var look = new NpgsqlCommand("select to_regclass('only_here') is null", other);
        Assert.That(await look.ExecuteScalarAsync(), Is.True);
    }

    [Test]
    public async Task A_cluster_that_is_killed_keeps_its_data_and_its_port()
    {
        await using var cluster = await PostgresCluster.StartAsync("fsync = on");
        await using var database = await cluster.CreateDatabaseAsync();
        var port = cluster.Port;
        await using (var connection = await database.OpenAsync())
        {
            await using var create = new NpgsqlCommand("create table kept ()", connection);
            await create.ExecuteNonQueryAsync();
        }

        await cluster.KillAsync();
        await cluster.RestartAsync();

        await using var again = await database.OpenAsync();
        await using var look = new NpgsqlCommand("select to_regclass('kept') is null", again);
        Assert.That(await look.ExecuteScalarAsync(), Is.False);
        Assert.That(cluster.Port, Is.EqualTo(port));
    }

    [Test]
    public async Task Nothing_is_left_of_a_cluster()
    {
        var cluster = await PostgresCluster.StartAsync();
        var data = cluster.Data;
        Assert.That(Directory.Exists(data), Is.True);

        await cluster.DisposeAsync();

        Assert.That(Directory.Exists(data), Is.False);
    }
}
