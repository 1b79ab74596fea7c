namespace SseServer.Transport;

/// <summary>Whether the server drains. A drain never ends but with the server. Safe on any thread.</summary>
internal sealed class DrainState
{
    private bool _isDraining;

    /// <summary>Once true, connections close after the current reply.</summary>
    public bool IsDraining => Volatile.Read(ref _isDraining);

    /// <summary>Whether connections that arrive during the drain get a reply to their first request.</summary>
    public bool AnswersNewcomers { get; private set; }

    public void Begin(bool answersNewcomers)
    {
        AnswersNewcomers = answersNewcomers;

        // A full fence: a connection sets its deadline and then reads the flag; the drain sets the flag and then looks for deadlines.
        // Without it both could miss the other, and an idle connection would hold up the drain.
        Interlocked.Exchange(ref _isDraining, true);
    }
}
