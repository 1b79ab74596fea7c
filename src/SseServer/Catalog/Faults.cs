using System.Diagnostics;

namespace SseServer.Catalog;

/// <summary>Takes exceptions that are our own bugs: each costs one stream or one request, and the engine continues. Any thread.</summary>
internal sealed class Faults
{
    /// <summary>Raised for each; for the log.</summary>
    public event Action<Exception>? Reported;

    /// <summary>Reports a bug. Never throws: the caller has others to serve.</summary>
    public void Report(Exception exception)
    {
        try
        {
            Reported?.Invoke(exception);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Trace.TraceError($"A handler of the engine's faults failed: {e} The fault: {exception}");
        }
    }
}
