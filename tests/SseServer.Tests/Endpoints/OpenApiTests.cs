using System.Text.Json;
using System.Text.RegularExpressions;
using SseServer.Endpoints;
using SseServer.Tests.Support;

namespace SseServer.Tests.Endpoints;

/// <summary><c>/openapi.json</c> describes what the server does: nothing more, nothing less.</summary>
public sealed partial class OpenApiTests
{
    private static readonly string[] Methods = ["get", "head", "post", "put", "patch", "delete"];

    private static readonly JsonElement Document = JsonDocument.Parse(OpenApiDocument.Bytes.ToArray()).RootElement;

    // The files that read parameters of the query, and so the parameters that the parsers accept.
    private static readonly string[] Parsers =
        ["SubscribeRequest", "PollParameters", "PublishRequest", "AdminEndpoint", "RequestCredential"];

    [Test]
    public async Task Document_is_public_and_names_the_version()
    {
        await using var server = Guarded.Start(EndpointOptions.Default with { IsLoopbackOnly = false });
        var reply = await server.SendAsync("GET", "/openapi.json", null, "Origin: https://elsewhere.example");
        Assert.That((reply.Status, reply["Content-Type"]), Is.EqualTo((200, "application/json")));
        Assert.That(reply.Json.GetProperty("openapi").GetString(), Is.EqualTo("3.1.0"));
        Assert.That(reply.Json.GetProperty("info").GetProperty("version").GetString(), Is.EqualTo(ProductVersion.Text));
        Assert.That(reply.Body, Does.EndWith("}\n"));
    }

    [Test]
    public void Paths_and_methods_are_those_of_the_router()
    {
        var described = Operations().Select(operation => $"{operation.Method.ToUpperInvariant()} {operation.Path}");
        var routed = Route.All.SelectMany(route => route.Methods.Split(", ").Select(method => $"{method} {route.Path}"));
        Assert.That(described, Is.EquivalentTo(routed));
    }

    [TestCaseSource(nameof(Routes))]
    public async Task Options_of_a_path_are_its_methods(string path, string methods)
    {
        await using var server = new ServerUnderTest();
        var target = Braces().Replace(path, "x");
        var options = await server.SendAsync("OPTIONS", target);
        Assert.That((options.Status, options["Allow"]), Is.EqualTo((204, methods + ", OPTIONS")));
        foreach (var method in Methods.Select(method => method.ToUpperInvariant()).Except(methods.Split(", ")))
        {
            var reply = await server.SendAsync(method, target, method is "GET" or "HEAD" ? null : "");
            Assert.That((reply.Status, reply["Allow"]), Is.EqualTo((405, methods + ", OPTIONS")), method);
        }
    }

    [Test]
    public void Parameters_are_those_that_the_parsers_accept()
    {
        var accepted = Parsers.SelectMany(parser => ParametersIn($"{parser}.cs")).Distinct().Except(["seconds"]);
        var described = Document.GetProperty("components").GetProperty("parameters").EnumerateObject()
            .Where(parameter => parameter.Value.GetProperty("in").GetString() == "query")
            .Select(parameter => parameter.Value.GetProperty("name").GetString()!);
        Assert.That(accepted, Is.EquivalentTo(described.Distinct()));
    }

    [TestCase("/events", "get", "topic since lastEventId heartbeat greeting envelope encoding poll limit event access_token")]
    [TestCase("/events", "post", "topic event id retry key final access_token")]
    [TestCase("/events/{topic}", "post", "event id retry key final access_token")]
    [TestCase("/admin/shed", "post", "percent over nodes access_token")]
    [TestCase("/admin/topics", "get", "prefix after limit access_token")]
    public void Operation_has_its_parameters(string path, string method, string names)
    {
        var operation = Operations().Single(operation => operation.Path == path && operation.Method == method);
        var query = ParametersOf(operation.Value).Where(parameter => parameter.In == "query").Select(parameter => parameter.Name);
        Assert.That(query, Is.EqualTo(names.Split(' ')));
    }

    [Test]
    public void Codes_of_refusals_are_those_of_the_table()
    {
        var schema = Document.GetProperty("components").GetProperty("schemas").GetProperty("Problem").GetProperty("properties");
        Assert.That(Texts(schema.GetProperty("code").GetProperty("enum")), Is.EqualTo(ProblemCode.All.Select(code => code.Text)));
    }

    // The rules of the OpenAPI Specification 3.1.0 that a hand-written document breaks most easily. The whole document was checked with its
    // JSON schema, which is not at hand here.
    [Test]
    public void Document_is_valid()
    {
        Assert.That(References(Document).Where(reference => !Resolves(reference)), Is.Empty);
        var ids = Operations().Select(operation => operation.Value.GetProperty("operationId").GetString());
        Assert.That(ids, Is.Unique.And.None.Null);
        var tags = Document.GetProperty("tags").EnumerateArray().Select(tag => tag.GetProperty("name").GetString()).ToList();
        foreach (var (path, method, operation) in Operations())
        {
            var what = $"{method} {path}";
            Assert.That(operation.GetProperty("responses").EnumerateObject().Select(response => response.Name),
                Is.Not.Empty.And.All.Match("^[1-5][0-9][0-9]$"), what);
            Assert.That(Texts(operation.GetProperty("tags")), Is.SubsetOf(tags), what);
            var parameters = ParametersOf(operation).ToList();
            Assert.That(parameters, Is.Unique, what);
            var inPath = parameters.Where(parameter => parameter.In == "path").Select(parameter => parameter.Name);
            Assert.That(inPath, Is.EquivalentTo(Braces().Matches(path).Select(match => match.Value.Trim('{', '}'))), what);
        }
    }

    private static IEnumerable<TestCaseData> Routes => Route.All.Select(route => new TestCaseData(route.Path, route.Methods));

    private static IEnumerable<(string Path, string Method, JsonElement Value)> Operations()
        => Document.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject()
            .Where(member => Methods.Contains(member.Name)).Select(member => (path.Name, member.Name, member.Value)));

    private static IEnumerable<(string Name, string In)> ParametersOf(JsonElement operation)
        => operation.TryGetProperty("parameters", out var parameters)
            ? parameters.EnumerateArray().Select(Resolve)
                .Select(parameter => (parameter.GetProperty("name").GetString()!, parameter.GetProperty("in").GetString()!))
            : [];

    private static IEnumerable<string> References(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject()
            .SelectMany(member => member.Name == "$ref" ? [member.Value.GetString()!] : References(member.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(References),
        _ => [],
    };

    private static bool Resolves(string reference)
    {
        var found = Document;
        return reference.StartsWith("#/", StringComparison.Ordinal)
            && reference[2..].Split('/').All(name => found.TryGetProperty(name, out found));
    }

    private static JsonElement Resolve(JsonElement element)
        => element.TryGetProperty("$ref", out var reference)
            ? reference.GetString()![2..].Split('/').Aggregate(Document, (found, name) => found.GetProperty(name))
            : element;

    private static IEnumerable<string> Texts(JsonElement list) => list.EnumerateArray().Select(item => item.GetString()!);

    private static IEnumerable<string> ParametersIn(string file)
        => Name().Matches(File.ReadAllText(Path.Combine(Repository.Root, "src", "SseServer", "Endpoints", file)))
            .Select(match => match.Groups[1].Value);

    [GeneratedRegex(@"\{\w+\}")]
    private static partial Regex Braces();

    // How the parsers name a parameter: Name(i).SequenceEqual("x"u8), TryGet("x"u8, TryGetNumber(parameters, "x"u8, Parameter => "x"u8.
    [GeneratedRegex(@"(?:\bname\.SequenceEqual\(|Name\(i\)\.SequenceEqual\(|\bTryGet(?:Filled)?\(|TryGetNumber\(parameters, |"
        + @"CheckNames\(parameters, |Parameter => )""(\w+)""u8")]
    private static partial Regex Name();
}
