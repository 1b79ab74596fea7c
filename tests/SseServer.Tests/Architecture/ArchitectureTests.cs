namespace SseServer.Tests.Architecture;

/// <summary>
/// Hosting -> {Endpoints -> {Transport, Hub, Auth}, Presence -> Hub, Relay -> Hub} -> Protocol, and within the engine
/// Hub -> {Publishing, Delivery} -> Catalog -> {Log, History}. Over the built assemblies.
/// </summary>
internal sealed class ArchitectureTests
{
    private const string Hosting = "SseServer.Hosting";
    private const string Endpoints = "SseServer.Endpoints";
    private const string Transport = "SseServer.Transport";
    private const string Log = "SseServer.Log";
    private const string Catalog = "SseServer.Catalog";
    private const string Publishing = "SseServer.Publishing";
    private const string Delivery = "SseServer.Delivery";
    private const string Hub = "SseServer.Hub";
    private const string Auth = "SseServer.Auth";
    private const string History = "SseServer.History";
    private const string Presence = "SseServer.Presence";
    private const string Relay = "SseServer.Relay";
    private const string Web = "SseServer.Web";
    private const string Protocol = "SseServer.Protocol";

    private static readonly string[] Engine = [Log, Catalog, Publishing, Delivery, Hub];

    private static readonly string[] Below = [.. Engine, Transport, Auth, History, Web];

    private static readonly Lazy<Reference[]> Program = new(() =>
        [
            .. ReferenceScanner.Scan(Path.Combine(AppContext.BaseDirectory, "sse-server.dll")),
            .. ReferenceScanner.Scan(Path.Combine(AppContext.BaseDirectory, "SseServer.Protocol.dll")),
        ]);

    private static IEnumerable<ArchitectureRule> Rules =>
    [
        // Pure functions over bytes: no other room, no sockets, tasks, logging, clock.
        new(Protocol, ["SseServer"]),
        new(Protocol, ["System.Net.Sockets", "System.Threading.Tasks", "System.Threading.Thread", "System.IO.Pipelines", "Microsoft",
            "Serilog"],
            "Microsoft.CodeAnalysis", "System.Net.Sockets.AddressFamily"),
        new(Protocol, ["System.TimeProvider", "System.Threading.Timer", "System.Diagnostics.Stopwatch",
            "System.Environment.get_TickCount64"]),
        new(Protocol, ["System.DateTime.get_UtcNow", "System.DateTime.get_Now", "System.DateTimeOffset.get_UtcNow",
            "System.DateTimeOffset.get_Now"]),

        // The engine's layers: each knows only those before it, and Publishing and Delivery do not know each other. A log has no threads.
        new(Log, [Catalog, Publishing, Delivery, Hub, History, "Microsoft", "System.Threading.Lock", "System.Threading.Tasks",
            "System.Threading.Monitor"]),
        new(Log, ["System.Threading.Thread."]),
        new(Catalog, [Publishing, Delivery, Hub]),
        new(Publishing, [Delivery, Hub]),
        new(Delivery, [Publishing, Hub]),

        // Topics without sockets; of HTTP only the envelope its stored frames wear.
        .. Engine.Select(layer => new ArchitectureRule(layer, ["System.Net"])),
        .. Engine.Select(layer => new ArchitectureRule(layer, ["SseServer.Protocol.Http"], "SseServer.Protocol.Http.ChunkEnvelope")),
        new(History, ["System.Net", "SseServer.Protocol.Http"]),

        // Bytes and connections without topics or event syntax.
        new(Transport, ["SseServer.Protocol.EventStream", "SseServer.Protocol.Topics"]),

        // Tells of topics' readers without knowing how they read; it asks others over HTTP, but listens to nobody.
        new(Presence, ["System.Net.Sockets", "SseServer.Protocol.Http"]),

        // Rooms of one storey do not know each other, nor the storeys above; but the hub keeps its events in a store.
        new(Transport, [.. Engine, Auth, History, Presence, Endpoints, Web]),
        .. Engine.Select(layer => new ArchitectureRule(layer, [Transport, Auth, Presence, Endpoints, Web])),
        new(Auth, [Transport, .. Engine, History, Presence, Endpoints, Web]),
        new(History, [Transport, .. Engine, Auth, Presence, Endpoints, Web]),
        new(Presence, [Transport, Auth, History, Endpoints, Web]),
        new(Endpoints, [Presence]),

        // A publisher of its own, beside the endpoints: nobody but Hosting knows it.
        new(Relay, [Transport, History, Auth, Presence, Endpoints, Web, "SseServer.Protocol.Http"]),
        .. Below.Append(Endpoints).Append(Presence).Select(layer => new ArchitectureRule(layer, [Relay])),

        // Hosting puts everything together and is known by nobody; only it knows which logger there is.
        .. Below.Append(Endpoints).Append(Presence).Append(Relay).Select(layer => new ArchitectureRule(layer, [Hosting, "Serilog"])),
    ];

    [TestCaseSource(nameof(Rules))]
    public void Room_keeps_to_its_rule(object rule)
        => Assert.That(((ArchitectureRule)rule).Violations(Program.Value), Is.Empty, rule.ToString());

    [Test]
    public void Every_type_of_the_program_stands_in_a_room()
    {
        string[] rooms = [.. Engine, Hosting, Endpoints, Transport, Auth, History, Presence, Relay, Web, Protocol];
        var strays = Program.Value.Select(reference => reference.From)
            .Where(type => type.StartsWith("SseServer.", StringComparison.Ordinal) && !rooms.Any(room => type.StartsWith(room + ".",
                StringComparison.Ordinal)));

        Assert.That(strays.Distinct(), Is.Empty);
    }

    [Test]
    public void Program_was_read()
    {
        var known = new Reference("SseServer.Hosting.ServerLogging", "Serilog.LoggerConfiguration", ".ctor");

        Assert.That(Program.Value.Contains(known), Is.True, $"{known} is not among {Program.Value.Length} references");
    }
}
