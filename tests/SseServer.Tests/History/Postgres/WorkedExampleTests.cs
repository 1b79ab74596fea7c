using System.Text.Json;
using System.Text.RegularExpressions;
using Npgsql;
using SseServer.Tests.Acceptance;
using SseServer.Tests.Endpoints;
using SseServer.Tests.Support;

namespace SseServer.Tests.History.Postgres;

/// <summary>docs/publish-from-sql.md to the letter: its commands, its SQL through psql, its settings, its page's address.</summary>
[Platform("Linux")]
internal sealed partial class WorkedExampleTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "publish-from-sql.md"));

    private PostgresCluster _cluster = null!;

    [Test]
    public async Task A_page_shows_each_change_of_the_worked_example_once_it_is_committed_and_nothing_that_was_rolled_back()
    {
        // The roles have the names of the document, so the cluster is this test's own.
        await using var cluster = _cluster = await PostgresCluster.StartAsync();
        await cluster.ExecuteAsync("create role shop login");
        await cluster.ExecuteAsync("create database shop owner shop template template0");
        await cluster.ExecuteAsync("create role admin login createrole; grant create on database shop to admin");
        var migration = Migration().Match(Page).Groups[1].Value.Split(' ');
        var (exitCode, _, error) = await ServerProcess.RunAsync([.. migration[..^1], Here(migration[^1])]);
        Assert.That(exitCode, Is.Zero, error);
        await PsqlAsync("admin", Block("create role sse_node"));
        await PsqlAsync("admin", Block("insert into sse.grants"));
        await PsqlAsync("shop", Block("create trigger"));
        using var server = await ServerProcess.StartAsync($"--{Here(Setting().Match(Page).Groups[1].Value)}");
        using var page = await OpenPageAsync(server);

        await PsqlAsync("shop", Statement("insert into orders"));
        await ReadAsync(page, 1, "lamp", "new");
        await PsqlAsync("shop", Statement("update orders"));
        await ReadAsync(page, 1, "lamp", "shipped");
        await PsqlAsync("shop", "begin; update orders set status = 'lost'; rollback;");
        await using var open = await OpenAsync("shop");
        await open.ExecuteAsync("begin; insert into orders (item) values ('vase')");
        await PsqlAsync("shop", "insert into orders (item) values ('chair');");
        await ReadAsync(page, 3, "chair", "new");
        await open.ExecuteAsync("commit");
        await ReadAsync(page, 2, "vase", "new");

        await PsqlAsync("shop", Block("begin;"));
        var call = await page.ReadEventAsync().Soon();
        Assert.That((call?.Name, call?.Data), Is.EqualTo(("shipped", """{"status":"shipped"}""")));

        // A new page has the newest state of each.
        using var again = await OpenPageAsync(server);
        await ReadAsync(again, 1, "lamp", "shipped");
        await ReadAsync(again, 3, "chair", "new");
        await ReadAsync(again, 2, "vase", "new");
    }

    [GeneratedRegex(@"`sse-server (history migrate --url \S+)`")]
    private static partial Regex Migration();

    [GeneratedRegex(@"`(History:Url=\S+)`")]
    private static partial Regex Setting();

    [GeneratedRegex(@"new EventSource\('http://127\.0\.0\.1:8080(\S+)'\)")]
    private static partial Regex Address();

    [GeneratedRegex("^```sql\n(.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex SqlBlock();

    [GeneratedRegex("`([^`\n]+;)`")]
    private static partial Regex InlineStatement();

    // The one block of the document with a text.
    private static string Block(string text)
        => SqlBlock().Matches(Page).Select(match => match.Groups[1].Value).Single(sql => sql.Contains(text, StringComparison.Ordinal));

    private static string Statement(string beginning)
        => InlineStatement().Matches(Page).Select(match => match.Groups[1].Value)
            .Single(sql => sql.StartsWith(beginning, StringComparison.Ordinal));

    private static async Task<WireClient> OpenPageAsync(ServerProcess server)
    {
        var client = await WireClient.ConnectAsync(server.EndPoint);
        await client.RequestAsync("GET", Address().Match(Page).Groups[1].Value, body: (string?)null, "Accept: text/event-stream");
        Assert.That((await client.ReadHeadAsync()).Status, Is.EqualTo(200));
        Assert.That((await client.ReadBlockAsync())?.Name, Is.EqualTo("connected"));
        return client;
    }

    // As the script of the page.
    private static async Task ReadAsync(WireClient page, long id, string item, string status)
    {
        var block = await page.ReadEventAsync().Soon();
        Assert.That(block?.Name, Is.EqualTo("order"));
        using var order = JsonDocument.Parse(block!.Data!);
        Assert.That(
            (order.RootElement.GetProperty("id").GetInt64(), order.RootElement.GetProperty("item").GetString(),
                order.RootElement.GetProperty("status").GetString()),
            Is.EqualTo((id, item, status)));
    }

    private string Here(string text) => text
        .Replace("db.example.org", $"127.0.0.1:{_cluster.Port}", StringComparison.Ordinal)
        .Replace("?sslmode=verify-full", "", StringComparison.Ordinal);

    private async Task<NpgsqlConnection> OpenAsync(string user)
    {
        var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(_cluster.ConnectionString("shop")) { Username = user }.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    private async Task PsqlAsync(string user, string sql)
    {
        var (exitCode, output) = await _cluster.RunAsync(
            "psql", "-X", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", $"{_cluster.Port}", "-U", user, "-d", "shop", "-c", sql);
        Assert.That(exitCode, Is.Zero, $"{sql}\n{output}");
    }
}
