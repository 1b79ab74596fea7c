using System.Diagnostics;
using System.Globalization;

namespace SseServer.Bench.FanOut.Servers;

/// <summary>Plain Node: bench/peers/node.</summary>
internal sealed class NodeKind : ServerKind
{
    private string? _node;

    public override string Key => "node";

    public override string Title => "Node";

    public override string? Prepare() => (_node = Repository.Program("node")) is null ? "node is not installed" : null;

    public override ProcessStartInfo Command(int port, string scratch)
        => new(_node!, [Repository.File("bench/peers/node/server.mjs"), port.ToString(CultureInfo.InvariantCulture)]);

    public override string PublishOnlyPath(string topic) => "/discard";
}
