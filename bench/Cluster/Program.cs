using System.Globalization;
using SseServer.Bench.Cluster;
using SseServer.Bench.FanOut.Servers;

// Several servers that share a PostgreSQL, beside one with SQLite and beside Redis Streams; by turns, and the medians as Markdown.
//   dotnet run -c Release --project bench/Cluster -- [ROUNDS] [SECONDS] [rows]
var rounds = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 3;
var period = TimeSpan.FromSeconds(args.Length > 1 ? double.Parse(args[1], CultureInfo.InvariantCulture) : 5);
var server = Repository.File("src/SseServer/bin/Release/net10.0/sse-server");
var results = new Dictionary<string, List<double>>();
for (var round = 1; round <= rounds; round++)
{
    using (var cluster = await Processes.StartClusterAsync(server, 3)) await MeasureAsync("PostgreSQL, 3 servers", cluster);
    using (var sqlite = await Processes.StartSqliteAsync(server)) await MeasureAsync("SQLite, 1 server", sqlite);
    if (Repository.Program("redis-server") is null) continue;
    using var redis = await Processes.StartRedisAsync();
    Add("Redis Streams, appendfsync always: entries/s, 64 callers", await Load.RedisAsync(redis, period));
}

if (args.Length > 2 && args[2] == "rows") await MeasureStartAsync(5_000_000);
foreach (var (what, values) in results)
{
    values.Sort();
    var all = string.Join(", ", values.Select(value => value.ToString("N1", CultureInfo.InvariantCulture)));
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {what} | {values[values.Count / 2]:N1} | {all} |"));
}

async Task MeasureAsync(string name, Processes processes)
{
    // Warms up.
    await Load.SinglesAsync(processes, TimeSpan.FromSeconds(2));
    await Load.LatencyAsync(processes, TimeSpan.FromSeconds(1));
    var (median, p99) = await Load.LatencyAsync(processes, period);
    Add($"{name}: ms from POST to another server's subscriber, p50", median);
    Add($"{name}: ms from POST to another server's subscriber, p99", p99);
    Add($"{name}: events/s as single POSTs, 64 connections", await Load.SinglesAsync(processes, period));
    Add($"{name}: events/s in batches of 100, 12 connections", await Load.BatchesAsync(processes, period));
}

async Task MeasureStartAsync(int rows)
{
    using var cluster = await Processes.StartClusterAsync(server, 1);
    await cluster.ExecuteAsync($"""
        insert into sse.topics (name) select 'topic/' || n from generate_series(1, 10000) n;
        insert into sse.events (id, topic, is_final, id_length, block)
            select s.origin + n, 1 + n % 10000, false, 0, convert_to('data: ' || repeat('x', 128) || E'\n\n', 'UTF8')
            from generate_series(1, {rows}) n cross join sse.settings s;
        select setval('sse.ids', (select max(id) from sse.events));
        """);
    await cluster.ExecuteAsync("vacuum analyze sse.events");
    for (var i = 0; i < 5; i++)
    {
        var time = await cluster.StartServerAsync(server, $"--History:Url=postgres://postgres@127.0.0.1:{cluster.Port}/postgres");
        Add("PostgreSQL: ms until a server listens, 5 million rows, 10,000 topics", time.TotalMilliseconds);
    }
}

void Add(string what, double value)
{
    Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}: {value:N1}"));
    if (!results.TryGetValue(what, out var values)) results.Add(what, values = []);
    values.Add(value);
}
