using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace SseServer.Tests.Architecture.Planted;

/// <summary>Names one type in each place where a type can be named, for the checker to find. Never run.</summary>
[Obsolete("Planted.")]
internal sealed class Violations<T> : MemoryStream, IDisposable, IEquatable<IPAddress>
    where T : EndPoint
{
    private readonly Socket? _field;
    private readonly List<Cookie[]> _nested = [];

    public Violations(object? field) => _field = field as Socket;

    public bool Equals(IPAddress? other) => _field is not null && _nested.Count > 0;

    public static void Parameter(Mutex? parameter) => GC.KeepAlive(parameter);

    public static Barrier? Result() => null;

    public static void Catch()
    {
        try
        {
            GC.KeepAlive(typeof(WebProxy));
        }
        catch (TimeZoneNotFoundException)
        {
            GC.KeepAlive(Array.Empty<CountdownEvent>());
        }
    }

    public static Func<long> Closure(int offset) => () => Stopwatch.GetTimestamp() + offset;

    public static async Task SuspendAsync()
    {
        await Task.Yield();
        using var gate = new SemaphoreSlim(1);
        GC.KeepAlive(gate.CurrentCount + DateTime.UtcNow.Second);
    }

    public static int Switch(int value)
    {
        var result = value switch { 0 => 7, 1 => 3, 2 => 9, 3 => 1, 4 => 8, _ => 0 };
        return result + new ManualResetEventSlim().SpinCount;
    }

    public override bool Equals(object? obj) => Equals(obj as IPAddress);

    public override int GetHashCode() => 0;
}
