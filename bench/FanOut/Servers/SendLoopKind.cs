using System.Diagnostics;
using System.Globalization;

namespace SseServer.Bench.FanOut.Servers;

/// <summary>The C send loop, the floor of what a fan-out can cost: bench/peers/send-loop. Compiled if there is a compiler.</summary>
internal sealed class SendLoopKind : ServerKind
{
    private readonly string _program = Repository.File("bench/peers/send-loop/bin/send-loop");

    public override string Key => "send-loop";

    public override string Title => "C send loop";

    public override string? Prepare()
    {
        if ((Repository.Program("gcc") ?? Repository.Program("cc")) is not { } compiler) return "there is no C compiler";
        Directory.CreateDirectory(Path.GetDirectoryName(_program)!);
        using var build = Process.Start(compiler, ["-O2", "-o", _program, Repository.File("bench/peers/send-loop/send-loop.c")]);
        build.WaitForExit();
        return build.ExitCode == 0 ? null : "send-loop.c does not compile here";
    }

    public override ProcessStartInfo Command(int port, string scratch) => new(_program, [port.ToString(CultureInfo.InvariantCulture)]);
}
