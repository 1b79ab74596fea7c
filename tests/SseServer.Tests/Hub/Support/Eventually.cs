using System.Runtime.CompilerServices;

namespace SseServer.Tests.Hub.Support;

/// <summary>Waits for what other threads bring about.</summary>
internal static class Eventually
{
    // Far beyond any wait of a healthy run, also on a loaded machine.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>Fails the test where the condition does not come true.</summary>
    public static void True(Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string what = "")
        => Assert.That(SpinWait.SpinUntil(condition, Patience), Is.True, what);
}
