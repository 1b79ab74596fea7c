namespace SseServer.Protocol.Tests.Support;

/// <summary>What an action allocates on its own thread once it is warm.</summary>
internal static class Allocations
{
    public static long Of(Action action)
    {
        for (int round = 0; round < 3; round++)
            action();

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int round = 0; round < 100; round++)
            action();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
