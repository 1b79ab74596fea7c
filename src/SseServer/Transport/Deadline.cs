namespace SseServer.Transport;

/// <summary>
/// One moment and what it is the end of, in one word, so that the sweep never pairs the time of one wait with the kind of the next.
/// Armed and disarmed by the connection's own path; claimed, at most once, or shortened by whoever ends the wait from outside.
/// </summary>
internal struct Deadline
{
    private const int KindBits = 3;

    // Moment << 3 | kind. Timestamps count nanoseconds since the machine started at the finest, so 60 bits last 36 years.
    private long _word;

    public DeadlineKind Kind => KindOf(Volatile.Read(ref _word));

    /// <param name="moment">A timestamp of the time provider.</param>
    /// <param name="kind">What the moment ends.</param>
    public void Arm(long moment, DeadlineKind kind) => Interlocked.Exchange(ref _word, (moment << KindBits) | (long)kind);

    public void Disarm() => Interlocked.Exchange(ref _word, 0);

    /// <summary>Takes a deadline that has passed at <paramref name="now"/>; the caller then acts upon it.</summary>
    public bool TryClaimPassed(long now, out DeadlineKind kind)
    {
        var word = Volatile.Read(ref _word);
        kind = KindOf(word);
        return word != 0 && (word >> KindBits) <= now && Interlocked.CompareExchange(ref _word, 0, word) == word;
    }

    /// <summary>Takes a wait of one kind before its time.</summary>
    public bool TryClaim(DeadlineKind kind)
    {
        var word = Volatile.Read(ref _word);
        return KindOf(word) == kind && Interlocked.CompareExchange(ref _word, 0, word) == word;
    }

    /// <summary>Brings the end of a wait of one kind forward.</summary>
    public void TryShorten(DeadlineKind kind, long moment)
    {
        var word = Volatile.Read(ref _word);
        var sooner = (moment << KindBits) | (long)kind;
        if (KindOf(word) == kind && sooner < word) Interlocked.CompareExchange(ref _word, sooner, word);
    }

    private static DeadlineKind KindOf(long word) => (DeadlineKind)(word & ((1 << KindBits) - 1));
}
