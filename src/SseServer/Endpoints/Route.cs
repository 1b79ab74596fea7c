using System.Text;
using SseServer.Protocol.Http;

namespace SseServer.Endpoints;

/// <summary>What a path leads to.</summary>
internal enum Resources
{
    Events,
    Stream,
    Shed,
    Topics,
    Nodes,
    Health,
    Live,
    Ready,
    Metrics,
    Page,
    OpenApi,
    Errors,
    Client,
}

/// <summary>
/// A path that the server knows, with the methods that it takes besides OPTIONS. Requests are routed by this table only, and openapi.json
/// describes the same paths and methods.
/// </summary>
internal sealed class Route
{
    private static readonly Route[] Table =
    [
        new(Resources.Events, "/events", "GET, HEAD, POST, DELETE", "use GET to subscribe, POST to publish or DELETE to delete a topic"),
        new(Resources.Events, "/events/{topic}", "GET, HEAD, POST, DELETE",
            "use GET to subscribe, POST to publish or DELETE to delete a topic"),
        new(Resources.Stream, "/streams/{handle}", "POST", "use POST with a fresh token to renew a stream"),
        new(Resources.Shed, "/admin/shed", "POST", "use POST to shed streams"),
        new(Resources.Topics, "/admin/topics", "GET, HEAD", "use GET to list topics"),
        new(Resources.Nodes, "/admin/nodes", "GET, HEAD", "use GET to list the servers that share the history"),
        new(Resources.Live, "/livez", "GET, HEAD", "use GET"),
        new(Resources.Ready, "/readyz", "GET, HEAD", "use GET"),
        new(Resources.Health, "/healthz", "GET, HEAD", "use GET"),
        new(Resources.Metrics, "/metrics", "GET, HEAD", "use GET"),
        new(Resources.OpenApi, "/openapi.json", "GET, HEAD", "use GET"),
        new(Resources.Errors, ProblemCode.Page, "GET, HEAD", "use GET"),
        new(Resources.Client, "/client.js", "GET, HEAD", "use GET"),
        new(Resources.Client, "/client-tabs.js", "GET, HEAD", "use GET"),
        new(Resources.Client, "/client-worker.js", "GET, HEAD", "use GET"),
        new(Resources.Client, "/client.d.ts", "GET, HEAD", "use GET"),
        new(Resources.Page, "/", "GET, HEAD", "use GET"),
    ];

    private readonly byte[] _path;
    private readonly bool _isPrefix;
    private readonly byte[] _allow;
    private readonly string _advice;

    private Route(Resources resource, string path, string methods, string advice)
    {
        (Resource, Path, Methods, _advice) = (resource, path, methods, advice);
        var brace = path.IndexOf('{', StringComparison.Ordinal);
        _isPrefix = brace >= 0;
        _path = Encoding.ASCII.GetBytes(_isPrefix ? path[..brace] : path);
        _allow = Encoding.ASCII.GetBytes(methods + ", OPTIONS");
    }

    /// <summary>Every route.</summary>
    public static IReadOnlyList<Route> All => Table;

    public Resources Resource { get; }

    /// <summary>The path; a part in braces stands for the rest of the path.</summary>
    public string Path { get; }

    /// <summary>The methods, separated by a comma and a space, without OPTIONS, which every route has.</summary>
    public string Methods { get; }

    /// <summary>The value of Allow.</summary>
    public ReadOnlySpan<byte> Allow => _allow;

    /// <summary>Returns the route of a path; null if there is no such resource.</summary>
    /// <param name="path">The path as sent: with an escape in the fixed part it is another path, which does not exist.</param>
    public static Route? Of(ReadOnlySpan<byte> path)
    {
        foreach (var route in Table)
            if (route._isPrefix ? path.StartsWith(route._path) : path.SequenceEqual(route._path)) return route;
        return null;
    }

    /// <summary>Returns whether the route takes a method, other than OPTIONS.</summary>
    public bool Takes(RequestMethod method) => method switch
    {
        RequestMethod.Get => Has("GET"),
        RequestMethod.Head => Has("HEAD"),
        RequestMethod.Post => Has("POST"),
        RequestMethod.Delete => Has("DELETE"),
        _ => false,
    };

    /// <summary>Returns the refusal of a method that the route does not take.</summary>
    public Problem RefuseMethod() => new(405, $"The method is not allowed here; {_advice}.") { Allow = Methods + ", OPTIONS" };

    private bool Has(string method) => Methods.Contains(method, StringComparison.Ordinal);
}
