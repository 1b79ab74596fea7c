using System.Text;
using Npgsql;
using SseServer.Endpoints;
using SseServer.Protocol.Topics;

namespace SseServer.Tests.History.Postgres;

/// <summary>What <c>publish()</c> refuses: what the server refuses over HTTP, with the same sentences.</summary>
internal sealed class PublishRulesTests
{
    private static readonly string[] Topics =
    [
        "a", "orders/42", "a b", "Ä/ö", "a.b/..c", "$a", "$", "", "/", "a/", "/a", "a//b", ".", "a/..", "a/./b", "*", "a/*", "a/**", "a*b",
        "a\tb", "a\u007fb", "a\u0085b", "a\u00a0b", "a\u00adb", "a\u200bb", "a\u2028b", "a\ue000b", "a\u0378b", "\U0001F600", "\U000E0001",
        "\u0646\u200c\u0645", "a\u200cb", "\u200cä", "ä\u200c", "ä\u200c/b", "ä\u200d\u200dä", "ä\u200d ", " \u200dä", "ä\u200db",
        "a\u200dä", "👩\u200d🔬/x",
    ];

    private static readonly string[] Lines =
    [
        "", "a", " a", "a ", "a b", "ä", "a\nb", "a\rb", "a\tb", "a\u007f", "a\u0085b", "connected", "gap", "heartbeat", "auth-expiring",
        "gaps",
        "1-2", "1-", "-1", "1-2-3", "12345678901234567890-1", "a1-2",
    ];

    [Test]
    public async Task Topics_are_those_of_the_server()
    {
        await using var session = await OpenAsync();
        var random = new Random(2);
        var topics = Topics.Concat([new('x', 256), new('x', 257), new('ä', 128), new('ä', 129)])
            .Concat(Enumerable.Range(0, 400).Select(_ => Combine(random)));
        foreach (var topic in topics)
        {
            var problem = EventFields.CheckTopic(Encoding.UTF8.GetBytes(topic), out _);
            var name = $"\"{topic}\" ({string.Join(' ', topic.Select(c => (int)c))})";
            Assert.That(await PublishAsync(session, topic), Is.EqualTo(problem), name);
        }
    }

    [Test]
    public async Task Characters_of_a_topic_are_judged_as_the_server_judges_them()
    {
        await using var session = await OpenAsync();
        // The first and the last of every range, and some of the others.
        var random = new Random(3);
        var codes = Enumerable.Range(1, 0x10FFFF).Where(Rune.IsValid)
            .Where(code => IsAllowed(code) != IsAllowed(code - 1) || IsAllowed(code) != IsAllowed(code + 1) || random.Next(500) == 0)
            .ToArray();
        var refused = await session.QueryAsync<int>(
            "select c from unnest($1) c where sse.topic_problem('a' || chr(c) || 'a', false) is not null", codes);

        Assert.That(codes, Has.Length.GreaterThan(2000));
        Assert.That(refused, Is.EqualTo(codes.Where(code => !IsAllowed(code))));
    }

    [Test]
    public async Task Names_ids_and_keys_are_those_of_the_server()
    {
        await using var session = await OpenAsync();
        foreach (var text in Lines.Concat([new('x', 256), new('x', 257), new('ä', 128), new('ä', 129)]))
        {
            var utf8 = Encoding.UTF8.GetBytes(text);
            Assert.That(await PublishAsync(session, "t", name: text), Is.EqualTo(EventFields.CheckName(utf8, out _)), $"event \"{text}\"");
            Assert.That(await PublishAsync(session, "t", id: text), Is.EqualTo(EventFields.CheckId(utf8, out _)), $"id \"{text}\"");
            Assert.That(await PublishAsync(session, "t", key: text), Is.EqualTo(EventFields.CheckKey(utf8)), $"key \"{text}\"");
        }
    }

    [Test]
    public async Task Data_is_as_long_as_the_settings_allow()
    {
        await using var session = await OpenAsync();
        var longest = new string('ä', new EndpointOptions().MaxEventBytes / 2);

        Assert.That(await PublishAsync(session, "t", data: longest), Is.Null);
        Assert.That(
            await PublishAsync(session, "t", data: longest + "x"),
            Is.EqualTo("data is longer than 1048576 bytes; send less, or raise max_event_bytes in the table settings."));
        await session.ExecuteAsync("update sse.settings set max_event_bytes = 2000000");
        Assert.That(await PublishAsync(session, "t", data: longest + "x"), Is.Null);
    }

    [Test]
    public async Task An_event_needs_data_unless_it_only_ends_its_topic()
    {
        await using var session = await OpenAsync();

        const string NoData = "data is null; send data, or an empty text.";
        Assert.That(await PublishAsync(session, "t", data: null), Is.EqualTo(NoData));
        Assert.That(await PublishAsync(session, "t", data: null, key: "k", final: true), Is.EqualTo(NoData));
        Assert.That(await PublishAsync(session, null), Is.EqualTo("topic is null; name the topic."));
        Assert.That(await PublishAsync(session, "t", data: null, final: true), Is.Null);
        Assert.That(await PublishAsync(session, "t", final: null), Is.Null);
    }

    [TestCase(-1, "retry must be a whole number of milliseconds.", null)]
    [TestCase(0, null, "retry: 1000|data: x")]
    [TestCase(59999, null, "retry: 59999|data: x")]
    [TestCase(int.MaxValue, null, "retry: 60000|data: x")]
    [TestCase(null, null, "data: x")]
    public async Task A_reconnection_time_is_brought_into_the_servers_bounds(int? retry, string? problem, string? block)
    {
        await using var session = await OpenAsync();

        Assert.That(await PublishAsync(session, "t", data: "x", retry: retry), Is.EqualTo(problem));
        Assert.That(
            await session.QueryAsync<string>("select replace(rtrim(convert_from(block, 'UTF8'), E'\\n'), E'\\n', '|') from sse.outbox"),
            Is.EqualTo(block is null ? [] : new[] { block }));
    }

    private static bool IsAllowed(int code)
        => Rune.IsValid(code) && TopicName.TryCreate(Encoding.UTF8.GetBytes($"a{new Rune(code)}a"), out _, out _);

    private static string Combine(Random random)
        => string.Concat(Enumerable.Range(0, 1 + random.Next(3)).Select(_ => Topics[random.Next(Topics.Length)]));

    private static async Task<string?> PublishAsync(
        NpgsqlConnection session, string? topic, string? data = "", string? name = null, string? key = null, string? id = null,
        bool? final = false, int? retry = null)
    {
        try
        {
            await session.ExecuteAsync(Statements.Publish, topic, data, name, key, id, final, retry);
            return null;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InvalidParameterValue)
        {
            return e.MessageText;
        }
    }

    private static async Task<NpgsqlConnection> OpenAsync() => await (await PostgresHistory.CreateAsync()).Database.OpenAsync();
}
