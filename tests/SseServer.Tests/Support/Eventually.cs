using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace SseServer.Tests.Support;

/// <summary>Waits for what other threads bring about, without taking the processor from them.</summary>
internal static class Eventually
{
    // Far above what a busy machine needs, so that it only ends a test that would fail anyway.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(1);

    /// <summary>Returns once the condition holds, and fails the test if it does not within 20 seconds.</summary>
    public static async Task HoldsAsync(Func<bool> condition, string what)
    {
        if (condition()) return;
        using var timer = new PeriodicTimer(Pause);
        var start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            if (Stopwatch.GetElapsedTime(start) > Patience) Assert.Fail($"It never came to this: {what}.");
            await timer.WaitForNextTickAsync();
        }
    }

    /// <summary>The same on a thread that must not change.</summary>
    public static void True(Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        if (condition()) return;
        // Nobody sets it: a wait for it is a pause that any thread may take.
        using var pause = new ManualResetEventSlim(false, spinCount: 0);
        var start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            if (Stopwatch.GetElapsedTime(start) > Patience) Assert.Fail($"It never came to this: {what}.");
            pause.Wait(Pause);
        }
    }

    /// <summary>Bounds a wait for something that is to happen.</summary>
    public static Task<T> Soon<T>(this Task<T> task) => task.WaitAsync(Patience);

    /// <inheritdoc cref="Soon{T}(Task{T})"/>
    public static Task Soon(this Task task) => task.WaitAsync(Patience);
}
