using System.Globalization;
using System.Text.RegularExpressions;

namespace SseServer.Tests.Acceptance;

/// <summary>The scripts of docs/examples show what they promise. They need bash and curl.</summary>
[Parallelizable(ParallelScope.All)]
[Platform("Linux")]
internal sealed class ExampleScriptTests
{
    [Test]
    public async Task Filters_shows_two_types_of_three_and_ends()
    {
        using var server = await ServerProcess.StartAsync();
        var output = await ExampleScript.RunAsync("filters.sh", "", Address(server));
        Assert.That(DataOf(output), Is.EqualTo(new[] { "order: one pair of shoes", "stock: shoes: 41 left", "order: a hat" }));
    }

    [Test]
    public async Task Progress_tells_six_steps_and_who_comes_late_gets_the_end_alone()
    {
        using var server = await ServerProcess.StartAsync();
        var output = await ExampleScript.RunAsync("progress.sh 17", "", Address(server), "PAUSE=0");
        Assert.That(output.Split('\n')[0],
            Is.EqualTo($"file://{ExampleScript.Folder}/progress.html?job=17&server=http://{server.EndPoint}"));
        Assert.That(Regex.Count(output, """{"id":"[0-9]+-[0-9]+","topic":"job/17"}"""), Is.EqualTo(6));
        Assert.That(DataOf(await ReadAsync(server, "/events/job/17?since=all")), Has.Length.EqualTo(6));
        Assert.That(DataOf(await ReadAsync(server, "/events/job/17?since=latest")), Is.EqualTo(new[] { "done: 5 parts done" }));
    }

    [Test]
    public async Task Generated_text_arrives_as_it_was_written()
    {
        const string Text = "Once \"upon\" a\ttime *  \\n\n\n  höre 😀\u0001 \u2028 zu\n";
        using var server = await ServerProcess.StartAsync();
        var output = await ExampleScript.RunAsync("generated-text.sh 1", Text, Address(server), "PAUSE=0");
        Assert.That(output.Split('\n')[0],
            Is.EqualTo($"file://{ExampleScript.Folder}/generated-text.html?text=1&server=http://{server.EndPoint}"));

        var pieces = DataOf(await ReadAsync(server, "/events/text/1?since=all"))
            .Select(line => System.Text.Json.JsonSerializer.Deserialize<string>(line["message: ".Length..]));
        Assert.That(string.Concat(pieces), Is.EqualTo(Text.Replace("\u0001", "", StringComparison.Ordinal)),
            "but for what text does not hold");
    }

    [Test]
    public async Task Ticker_publishes_a_batch_a_round_of_prices_by_symbol()
    {
        using var server = await ServerProcess.StartAsync();
        var output = await ExampleScript.RunAsync("ticker.sh 3", "", Address(server), "PAUSE=0");
        Assert.That(Regex.Count(output, """{"first":"[0-9-]+","last":"[0-9-]+","count":4}"""), Is.EqualTo(3));
        await ReadAsync(server, "/events/prices?final=1", "POST");
        Assert.That(DataOf(await ReadAsync(server, "/events/prices?since=all")), Has.Length.EqualTo(12));
        var newest = DataOf(await ReadAsync(server, "/events/prices?since=latest"));
        Assert.That(newest.Select(line => Regex.Match(line, "\"symbol\": \"([A-Z]+)\"").Groups[1].Value),
            Is.EqualTo(new[] { "ACME", "GLOBEX", "INITECH", "HOOLI" }));
    }

    [Test]
    public async Task Shed_sends_some_of_fifty_streams_away_and_leaves_the_others()
    {
        using var server = await ServerProcess.StartAsync();
        var output = await ExampleScript.RunAsync("shed.sh", "", Address(server), "OVER_SECONDS=1");
        var shed = int.Parse(Regex.Match(output, """{"streams":([0-9]+),"over":"1s"}""").Groups[1].Value, CultureInfo.InvariantCulture);
        // A fifth of each shard's, rounded.
        Assert.That(shed, Is.InRange(5, 15));
        Assert.That(output.TrimEnd(), Does.EndWith($"{50 - shed} streams"));
    }

    [Test]
    public async Task Relay_brings_three_events_from_one_server_to_the_other()
    {
        var output = await ExampleScript.RunAsync("relay.sh", "", "SOURCE_PORT=" + ExampleScript.TakeFreePort(),
            "RELAY_PORT=" + ExampleScript.TakeFreePort());
        Assert.That(DataOf(output), Is.EqualTo(new[] { "message: one", "message: two", "message: three" }));
    }

    [Test]
    public async Task Presence_tells_readers_as_they_come_and_go()
    {
        var output = await ExampleScript.RunAsync("presence.sh", "", "PORT=" + ExampleScript.TakeFreePort());
        var numbers = DataOf(output)
            .Select(line => int.Parse(Regex.Match(line, "\"subscribers\":([0-9]+)}").Groups[1].Value, CultureInfo.InvariantCulture))
            .ToArray();
        Assert.That(numbers.Take(3), Is.EqualTo(new[] { 1, 2, 3 }));
        Assert.That(numbers, Has.ItemAt(numbers.Length - 1).Zero);
    }

    [Test]
    public void Every_script_is_run_here_and_every_example_is_explained()
    {
        var folder = new DirectoryInfo(ExampleScript.Folder);
        string[] run = ["filters.sh", "generated-text.sh", "presence.sh", "progress.sh", "relay.sh", "shed.sh", "ticker.sh"];
        Assert.That(folder.GetFiles("*.sh").Select(file => file.Name), Is.EquivalentTo(run));
        var readme = File.ReadAllText(Path.Combine(folder.FullName, "README.md"));
        foreach (var file in folder.GetFiles()) Assert.That(readme, Does.Contain(file.Name));
    }

    private static string Address(ServerProcess server) => $"SSE_SERVER=http://{server.EndPoint}";

    private static async Task<string> ReadAsync(ServerProcess server, string target, string method = "GET")
    {
        using var client = new HttpClient();
        using var reply = await client.SendAsync(new HttpRequestMessage(new HttpMethod(method), $"http://{server.EndPoint}{target}"));
        Assert.That((int)reply.StatusCode, Is.EqualTo(method == "POST" ? 201 : 200));
        return await reply.Content.ReadAsStringAsync();
    }

    // Types and data, but for what the server itself says.
    private static string[] DataOf(string stream) =>
    [
        .. Regex.Matches(stream, "(?:^event: (.*)\n)?(?:^retry: .*\n)?^data: (.*)\n", RegexOptions.Multiline)
            .Where(match => match.Groups[1].Value is not ("connected" or "heartbeat"))
            .Select(match => $"{(match.Groups[1].Success ? match.Groups[1].Value : "message")}: {match.Groups[2].Value}"),
    ];
}
