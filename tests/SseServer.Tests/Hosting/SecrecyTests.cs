using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using SseServer.Tests.Auth.Support;
using SseServer.Tests.Endpoints;

namespace SseServer.Tests.Hosting;

/// <summary>What the program writes, at its most talkative, has no key and no token in it, good or bad.</summary>
internal sealed partial class SecrecyTests
{
    private const string Key = "static-key-of-the-shop-5d81";
    private const string PublishKey = "publish-key-of-ci-90aa";
    private const string Origin = "Origin: http://localhost:3000";

    [Test]
    public async Task Log_has_no_credential_in_it()
    {
        await using var keys = new KeyServer("this is no key set");
        using var server = Start(
            "--listen", "127.0.0.1:0", "--Logging:Level=Verbose", $"--Auth:PublishKeys:ci={PublishKey}",
            $"--Auth:Keys:shop:Secret={Key}", "--Auth:Keys:shop:Publish=orders/*",
            $"--Auth:Jwt:Issuer={TestTokens.Issuer}", $"--Auth:Jwt:Audience={TestTokens.Audience}", $"--Auth:Jwt:JwksUrl={keys.Url}",
            "--Auth:Jwt:Keys:hs:Algorithm=HS256", $"--Auth:Jwt:Keys:hs:Secret={Encoding.ASCII.GetString(TestTokens.Secret)}",
                "--Auth:ProtectedTopics=secret/**");
        var error = server.StandardError.ReadToEndAsync();
        var log = new StringBuilder();
        var endPoint = await ReadAddressAsync(server, log);

        var now = DateTimeOffset.UtcNow;
        var bad = BadTokens.All.DistinctBy(one => one.Failure).Select(one => one.Create(now))
            .Where(token => token.Length is > 20 and < 7000).ToArray();
        string[] credentials = [Key, PublishKey, "wrong-key-1f2e",
            TestTokens.Create(now, grant: """{"publish":["**"],"subscribe":["**"]}"""), .. bad];
        foreach (var credential in credentials) await TryEverywhereAsync(endPoint, credential);

        using var kill = Process.Start("kill", ["-TERM", $"{server.Id}"]);
        log.Append(await server.StandardOutput.ReadToEndAsync()).Append(await error);
        await server.WaitForExitAsync();
        var text = log.ToString();
        Assert.That(text, Does.Contain("DBG").And.Contain("Credential refused").And.Contain("Cannot read signing keys"), "it did talk");
        foreach (var secret in credentials.SelectMany(Parts).Append(Encoding.ASCII.GetString(TestTokens.Secret)).Append("apikey"))
            Assert.That(text.Contains(secret, StringComparison.OrdinalIgnoreCase), Is.False, secret);
    }

    // Name and key the wrong way round, a key as the value of something else, a key that lost its setting.
    [TestCase("--Auth:PublishKeys:hunter2-hunter2-hunter2 x --listen 0.0.0.0:0", "is too short for a server that other machines can reach")]
    [TestCase("--Auth:PublishKeys:hunter2-hunter2-hunter2", "has no value")]
    [TestCase("--Auth:PublishKeys:hunter2-hunter2-hunter2=", "is empty")]
    [TestCase("--Auth:PublishKeys:hunter2-hunter2-hunter2=x --Auth:PublishKeys:b=x", "have the same secret")]
    [TestCase("--Auth:PublishKeys:hunter2-hunter2-hunter2=x --Auth:Keys:hunter2-hunter2-hunter2:Secret=y",
        "give each key a name of its own")]
    [TestCase("--Auth:Keys:hunter2-hunter2-hunter2=x", "is missing")]
    [TestCase("--Auth:Keys:hunter2-hunter2-hunter2:Secret=", "is missing")]
    [TestCase("--Auth:Keys:hunter2-hunter2-hunter2:Publsh=x", "is not a setting")]
    [TestCase("--Auth:Jwt:Keys:hunter2-hunter2-hunter2:Algorithm=none", "is not supported")]
    [TestCase("--Auth:hunter2-hunter2-hunter2=x", "is not a setting")]
    [TestCase("--Auth:Publish:hunter2-hunter2-hunter2:x=y", "is not a setting")]
    [TestCase("--Auth:AllowAnonymousPublish=hunter2-hunter2-hunter2", "is not valid")]
    [TestCase("--Auth:ProtectedTopics=hunter2//hunter2-hunter2", "is not a topic or pattern")]
    [TestCase("--Auth:MaxTokenBytes=hunter2-hunter2-hunter2", "is not a size")]
    [TestCase("--publish-key hunter2", "--publish-key is not an option")]
    [TestCase("--publish-key=hunter2", "--publish-key is not an option")]
    [TestCase("--Auth:PublishKeys:ci = hunter2", "An argument is neither a command nor an option")]
    [TestCase("hunter2", "An argument is neither a command nor an option")]
    public async Task Secret_in_the_wrong_place_is_not_shown_either(string args, string sentence)
    {
        var output = new StringWriter();
        var error = new StringWriter();
        Assert.That(await SseServer.Hosting.ServerProgram.RunAsync(args.Split(' '), [], output, error,
            _ => { }, new CancellationToken(canceled: true)), Is.EqualTo(2));
        Assert.That(error.ToString(), Does.Contain(sentence).And.Not.Contains("hunter2"));
    }

    // Each of these settings is wrong in a different way and contains a secret.
    [TestCase("--Auth:PublishKeys=hunter2", "Auth:PublishKeys is a single text")]
    [TestCase("--Auth:Keys=hunter2", "Auth:Keys is a single text")]
    [TestCase("--Auth:Keys:a:Secert=hunter2", "Auth:Keys:a:Secert is not a setting; did you mean Auth:Keys:a:Secret?")]
    [TestCase("--Auth:Jwt:Keys:k:Algorithm=HS256 --Auth:Jwt:Keys:k:Secret=hunter2", "Auth:Jwt:Keys:k:Secret is too short a secret")]
    [TestCase("--Auth:Jwt:Keys:k:Algorithm=HS256 --Auth:Jwt:Keys:k:SecretBase64=hunter2!", "Auth:Jwt:Keys:k:SecretBase64 is not base64")]
    [TestCase("--Auth:Jwt:Keys:k:Algorithm=RS256 --Auth:Jwt:Keys:k:PublicKey=hunter2", "holds no key in PEM")]
    [TestCase("--Auth:Jwt:Keys:k:Algorithm=RS256 --Auth:Jwt:Keys:k:Secret=hunter2", "needs exactly one key for RS256")]
    [TestCase("--Auth:Jwt:JwksUrl=http://user:hunter2@127.0.0.1/keys", "is not a URL to fetch keys from")]
    [TestCase("--Auth:Jwt:JwksUrl=http://id.example/keys?key=hunter2", "is not a URL to fetch keys from")]
    [TestCase("--Auth:PublishKeys:a=hunter2 --Auth:Keys:b:Secret=hunter2", "The keys 'a' and 'b' in Auth have the same secret")]
    [TestCase("--Auth:PublishKeys:a=hunter2 --Auth:Keys:a:Secret=hunter3", "both have a key 'a'")]
    public async Task Wrong_setting_is_named_without_its_secret(string args, string sentence)
    {
        var output = new StringWriter();
        var error = new StringWriter();
        var list = args.Split(" --").Select((arg, i) => i == 0 ? arg : "--" + arg).ToArray();
        Assert.That(await SseServer.Hosting.ServerProgram.RunAsync(list, [], output, error, _ => { }), Is.EqualTo(2));
        Assert.That(error.ToString(), Does.Contain(sentence).And.Not.Contains("hunter"));
    }

    private static async Task TryEverywhereAsync(IPEndPoint endPoint, string credential)
    {
        var query = Uri.EscapeDataString(credential);
        (string Method, string Target, string[] Fields)[] requests =
        [
            ("POST", "/events/orders/1", [Guarded.Bearer(credential)]),
            ("POST", $"/events/orders/1?access_token={query}", [Origin]),
            ("POST", "/events/orders/1", [Guarded.Cookie(credential), Origin]),
            ("HEAD", "/events/secret/a", [Guarded.Bearer(credential)]),
            ("HEAD", $"/events/secret/a?access_token={query}", []),
            ("HEAD", "/events/secret/a", [Guarded.Cookie(credential)]),
            ("POST", $"/streams/{query}?access_token={query}", []),
            ("GET", $"/{query}?access_token={query}", [Guarded.Bearer(credential), Guarded.Cookie(credential)]),
            ("GET", $"/events/a/../{query}?access_token={query}&access_token={query}", []),
            ("POST", $"/events?event={query}%0A&access_token={query}", [Guarded.Bearer(credential), "Content-Type: application/x-ndjson"]),
            ("GET", $"/events?access_token={query}", ["Host: rebound.example", Guarded.Bearer(credential)]),
            // Requests that the parser rejects.
            ("GET", $"/events?access_token={query} x", []),
            ("GET", $"/events?access_token={query}", ["Bad Field: " + credential]),
            (query, $"/events?access_token={query}", []),
        ];
        foreach (var (method, target, fields) in requests)
        {
            using var client = await WireClient.ConnectAsync(endPoint);
            await client.RequestAsync(method, target, method == "POST" ? "x" : null, [.. fields, "Connection: close"]);
            var reply = await client.ReadReplyAsync(isHead: method == "HEAD");
            Assert.That(reply.Head + reply.Body, Does.Not.Contain(credential));
        }

        // A stream that opens and closes.
        using var reader = await WireClient.ConnectAsync(endPoint);
        await reader.RequestAsync("GET", $"/events/open?access_token={query}", (string?)null);
        await reader.ReadHeadAsync();
    }

    // Not even a part of a token may appear: its payload names the user, and its signature completes it.
    private static IEnumerable<string> Parts(string credential) => credential.Split('.').Where(part => part.Length > 10).Append(credential);

    private static async Task<IPEndPoint> ReadAddressAsync(Process server, StringBuilder log)
    {
        while (await server.StandardOutput.ReadLineAsync() is { } line)
        {
            log.AppendLine(line);
            if (Listening().Match(line) is { Success: true } match) return IPEndPoint.Parse(match.Groups[1].Value);
        }

        throw new AssertionException($"The server did not start: {log}");
    }

    private static Process Start(params string[] args)
    {
        var start = new ProcessStartInfo(
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
            [Path.Combine(AppContext.BaseDirectory, "sse-server.dll"), .. args])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return Process.Start(start)!;
    }

    [GeneratedRegex("Listening on \"([^\"]+)\"")]
    private static partial Regex Listening();
}
