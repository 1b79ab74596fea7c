using System.Diagnostics;

namespace SseServer.Bench.FanOut.Servers;

/// <summary>This project's server, as built, with its defaults.</summary>
internal sealed class SseServerKind(string path) : ServerKind
{
    public override string Key => "sse-server";

    public override string Title => "SseServer";

    public override bool HasTopics => true;

    public override bool HasReplay => true;

    public override bool HasBatches => true;

    public override bool IsUnderTest => true;

    public override string? Prepare() => File.Exists(path) ? null : $"{path} is not there; build it, or name it with --server";

    public override ProcessStartInfo Command(int port, string scratch)
        => new(path, ["--listen", $"127.0.0.1:{port}", "--Serilog:MinimumLevel=Warning"]);

    public override string SubscribePath(string topic) => $"/events/{topic}";

    public override string PublishPath(string topic) => $"/events/{topic}";
}
