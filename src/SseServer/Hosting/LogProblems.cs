using Serilog.Debugging;

namespace SseServer.Hosting;

/// <summary>
/// What Serilog says of itself: on the error stream while the server runs, and, while a logger is made, to who makes it, so that a
/// section which would have no effect is refused.
/// </summary>
internal static class LogProblems
{
    // Serilog reads its section on the thread that asks it to.
    [ThreadStatic]
    private static List<string>? _collected;

    static LogProblems() => SelfLog.Enable(Take);

    /// <summary>Runs <paramref name="make"/> and collects what Serilog says meanwhile.</summary>
    public static T Collect<T>(Func<T> make, out IReadOnlyList<string> problems)
    {
        var collected = _collected = [];
        try
        {
            return make();
        }
        finally
        {
            _collected = null;
            problems = collected;
        }
    }

    private static void Take(string message)
    {
        if (_collected is { } collected) collected.Add(message);
        else Console.Error.WriteLine(TerminalText.Escape(message, keepsLines: true));
    }
}
