using System.Diagnostics;

namespace SseServer.Bench.FanOut.Servers;

/// <summary>ASP.NET Core's own server-sent events: bench/peers/AspNetCore.</summary>
internal sealed class AspNetCoreKind : ServerKind
{
    private static readonly string Path = Repository.File("bench/peers/AspNetCore/bin/Release/net10.0/sse-aspnetcore");

    public override string Key => "aspnetcore";

    public override string Title => "ASP.NET Core";

    public override string? Prepare() => File.Exists(Path) ? null : $"{Path} is not there; build bench/peers/AspNetCore in Release";

    public override ProcessStartInfo Command(int port, string scratch) => new(Path, ["--urls", $"http://127.0.0.1:{port}"]);

    public override string PublishOnlyPath(string topic) => "/discard";
}
