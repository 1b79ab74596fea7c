using System.Runtime.InteropServices;

namespace SseServer.Bench.FanOut.Linux;

/// <summary>The kernel's <c>struct epoll_event</c> as x86-64 has it: packed, so that the token follows the events at once.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal struct ReadyEvent
{
    public uint Events;

    /// <summary>What the watcher gave along.</summary>
    public int Token;

    private readonly int _unused;
}
