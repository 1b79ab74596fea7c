using Npgsql;
using SseServer.History;
using SseServer.History.Postgres;
using SseServer.Hosting;
using SseServer.Hosting.Commands;
using SseServer.Tests.History.Support;
using SseServer.Tests.Support;

namespace SseServer.Tests.History.Postgres;

/// <summary><c>sse-server history migrate</c> as users see it: arguments in, text and an exit code out.</summary>
internal sealed class MigrateTests
{
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    [Test]
    public async Task The_schema_is_created_once()
    {
        await using var database = await CreateAsync();

        Assert.That(await RunAsync("--url", database.Url), Is.EqualTo(ExitCode.Success), _error.ToString());
        Assert.That(await RunAsync("--History:Url", database.Url), Is.EqualTo(ExitCode.Success), _error.ToString());

        var place = $"The schema \"sse\" at 127.0.0.1:{database.Cluster.Port}";
        Assert.That(_output.ToString().ReplaceLineEndings("\n"), Is.EqualTo(
            $"{place} was created: version 1.\n{place} is up to date: version 1.\n"));
        await using var session = await database.OpenAsync();
        await session.PublishAsync("t", "x");
        Assert.That(await session.DrainAsync(), Is.EqualTo(1));
    }

    [Test]
    public async Task Two_at_once_create_it_once()
    {
        await using var database = await CreateAsync();
        var runs = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            var output = new StringWriter();
            var code = await ServerProgram.RunAsync(["history", "migrate", "--url", database.Url], [], output, output, _ => { });
            return (code, output.ToString());
        })).ToList();
        var results = await Task.WhenAll(runs);

        Assert.That(results.Select(result => result.code), Is.All.EqualTo(ExitCode.Success));
        Assert.That(results.Count(result => result.Item2.Contains("was created", StringComparison.Ordinal)), Is.EqualTo(1));
    }

    [Test]
    public async Task Printed_SQL_is_what_it_would_run()
    {
        Assert.That(await RunAsync("--print", "--History:Schema", "live_2"), Is.EqualTo(ExitCode.Success), _error.ToString());

        await using var database = await CreateAsync();
        await using var session = await database.OpenAsync();
        await session.ExecuteAsync(_output.ToString());
        Assert.That(await RunAsync("--url", database.Url, "--History:Schema", "live_2"), Is.EqualTo(ExitCode.Success));
        Assert.That(
            _output.ToString().TrimEnd(),
            Does.EndWith($"The schema \"live_2\" at 127.0.0.1:{database.Cluster.Port} is up to date: version 1."));
    }

    [Test]
    public async Task A_schema_that_its_user_may_not_create_may_be_there_already()
    {
        await using var database = await CreateAsync();
        await using var session = await database.OpenAsync();
        var role = $"keeper{database.Cluster.Port}{Environment.TickCount}";
        await session.ExecuteAsync($"create role {role} login; create schema sse authorization {role}");

        Assert.That(
            await RunAsync("--url", database.Url.Replace("postgres@", $"{role}@", StringComparison.Ordinal)), Is.EqualTo(ExitCode.Success),
            _error.ToString());
    }

    [Test]
    public async Task A_server_needs_no_more_rights_than_the_docs_grant()
    {
        await using var database = await CreateAsync();
        await RunAsync("--url", database.Url);
        await using var session = await database.OpenAsync();
        var role = $"node{database.Cluster.Port}{Environment.TickCount}";
        var page = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "publish-from-sql.md"));
        var grants = page.Split("```sql\n-- A role for the servers.\n")[1].Split("```")[0];
        await session.ExecuteAsync(grants.Replace("sse_node", role, StringComparison.Ordinal));
        await session.ExecuteAsync("insert into sse.grants values ('public', '**')");
        var text = database.Url.Replace("postgres@", $"{role}@", StringComparison.Ordinal);
        Assert.That(PostgresUrl.TryParse(text, out var url, out var problem), Is.True, problem);
        using var store = new PostgresEventStore(new() { Url = url! }, TimeSpan.FromHours(1));

        store.Open();
        await session.PublishAsync("t", "x");
        store.Append(new());
        var tail = new TailPage();
        store.ReadTail(tail);
        Assert.That(tail.Entries, Has.Count.EqualTo(1));
        Assert.That(store.TryOwnRetention(), Is.True);
        StoreEvents.TrimTo(store, "t", new(0, 1, long.MaxValue));
        store.RemoveTopic("t"u8);
        await session.PublishAsync("u", "x");
        Assert.That(store.Delete("u"u8), Is.Positive);
        await using var node = await database.OpenAsync(role);
        Assert.That(
            async () => await node.ExecuteAsync("create table sse.mine ()"),
            Throws.InstanceOf<PostgresException>().With.Property(nameof(PostgresException.SqlState)).EqualTo("42501"));
    }

    [TestCase("update sse.settings set version = 2, compatible_from = 2",
        "The schema \"sse\" has version 2, and this program needs 1; use the newer version of the program.")]
    [TestCase("drop schema sse cascade; create schema sse; create table sse.orders ()",
        "The schema \"sse\" has tables of another program; set History:Schema to another name.")]
    public async Task What_it_cannot_use_is_left_alone(string change, string sentence)
    {
        await using var database = await CreateAsync();
        await RunAsync("--url", database.Url);
        await using var session = await database.OpenAsync();
        await session.ExecuteAsync(change);

        Assert.That(await RunAsync("--url", database.Url), Is.EqualTo(ExitCode.Failure));
        Assert.That(_error.ToString().TrimEnd(), Is.EqualTo(sentence));
    }

    [Test]
    public async Task A_newer_schema_that_works_with_this_program_is_used()
    {
        await using var database = await CreateAsync();
        await RunAsync("--url", database.Url);
        await using var session = await database.OpenAsync();
        await session.ExecuteAsync("update sse.settings set version = 2, compatible_from = 1");

        Assert.That(await RunAsync("--url", database.Url), Is.EqualTo(ExitCode.Success), _error.ToString());
        Assert.That(await session.ReadAsync<int>("select version from sse.settings"), Is.EqualTo(2));
    }

    [TestCase(0, 0, "The schema \"sse\" has version 0, and this program needs 1; run 'sse-server history migrate'.")]
    [TestCase(1, 1, null)]
    [TestCase(2, 1, null)]
    [TestCase(3, 2, "The schema \"sse\" has version 3, and this program needs 1; use the newer version of the program.")]
    public void Versions_fit_or_are_refused_with_what_to_do(int version, int compatibleFrom, string? problem)
        => Assert.That(new PostgresSchema("sse").FindProblem(version, compatibleFrom), Is.EqualTo(problem));

    [TestCase("", "No database is given; write --url postgres://USER@HOST/DATABASE.")]
    [TestCase("--url mysql://a@b/c", "History:Url must begin with postgres://, as in postgres://sse@db.example.org/sse.")]
    [TestCase("--pritn", "--pritn is not an option; did you mean --print?")]
    [TestCase("--print --History:Schema=Sse",
        "History:Schema: 'Sse' is not a schema's name; use a lower-case letter, then such letters, digits and _.")]
    public async Task Wrong_use_ends_with_2_and_one_sentence(string arguments, string sentence)
    {
        Assert.That(await RunAsync(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)), Is.EqualTo(ExitCode.Usage));
        Assert.That(_error.ToString().TrimEnd(), Is.EqualTo(sentence));
    }

    private static async Task<PostgresDatabase> CreateAsync() => await (await PostgresCluster.SharedAsync()).CreateDatabaseAsync();

    private Task<int> RunAsync(params string[] args)
        => ServerProgram.RunAsync(["history", "migrate", .. args], [], _output, _error, _ => { });
}
