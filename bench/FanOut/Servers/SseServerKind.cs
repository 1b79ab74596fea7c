using System.Diagnostics;

namespace SseServer.Bench.FanOut.Servers;

/// <summary>This project's server, as built, with its defaults, or with history in a file and one of the durabilities.</summary>
internal sealed class SseServerKind(string path, string? durability = null, params string[] settings) : ServerKind
{
    public override string Key => durability is null ? "sse-server" : $"sse-server-{durability}";

    public override string Title => durability is null ? "SseServer" : $"SseServer, {durability}";

    public override bool HasTopics => true;

    public override bool HasReplay => true;

    public override bool HasBatches => true;

    public override bool IsUnderTest => true;

    public override string? Prepare() => File.Exists(path) ? null : $"{path} is not there; build it, or name it with --server";

    public override ProcessStartInfo Command(int port, string scratch)
    {
        var command = new ProcessStartInfo(path, ["--listen", $"127.0.0.1:{port}", "--Logging:Level=Warning"]);
        foreach (var setting in settings) command.ArgumentList.Add(setting);
        if (durability is null) return command;
        command.ArgumentList.Add($"--History:Path={Path.Combine(scratch, "history.db")}");
        command.ArgumentList.Add($"--History:Durability={durability}");
        return command;
    }

    /// <summary>The same server with so many events of history a topic, so that what it holds stops growing soon.</summary>
    public ServerKind Keeping(int events) => With($"--Retention:MaxEvents={events}");

    /// <summary>The same server with other settings than the defaults, as on its command line.</summary>
    public ServerKind With(params string[] other) => new SseServerKind(path, durability, other);

    /// <summary>The same server, listening with TLS.</summary>
    public ServerKind OverTls() => new SseServerTlsKind(path);

    public override string SubscribePath(string topic) => $"/events/{topic}";

    public override string PublishPath(string topic) => $"/events/{topic}";
}
