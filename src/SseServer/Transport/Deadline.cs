namespace SseServer.Transport;

/// <summary>What a connection is waiting for.</summary>
internal enum DeadlineKind
{
    /// <summary>Nothing that has a time limit.</summary>
    None = 0,

    /// <summary>The first byte of a request. Only such a connection may be closed without a reply.</summary>
    Request = 1,

    /// <summary>The rest of a request's head.</summary>
    Head = 2,

    /// <summary>The next byte of a request's body.</summary>
    Body = 3,

    /// <summary>The peer's FIN after ours.</summary>
    Linger = 4,

    /// <summary>The end of what comes before requests: a PROXY header, a TLS handshake.</summary>
    Handshake = 5,
}

/// <summary>
/// A moment and what it ends, in one word, so that the sweep never combines the time of one wait with the kind of the next. The
/// connection's own path arms and disarms it. Whoever ends the wait from outside claims it, at most once, or shortens it.
/// </summary>
internal struct Deadline
{
    private const int KindBits = 3;

    // Moment << 3 | kind. Timestamps count at most nanoseconds since the machine started, so 60 bits last 36 years.
    private long _word;

    public DeadlineKind Kind => KindOf(Volatile.Read(ref _word));

    /// <param name="moment">A timestamp of the time provider.</param>
    /// <param name="kind">What the moment ends.</param>
    public void Arm(long moment, DeadlineKind kind) => Interlocked.Exchange(ref _word, (moment << KindBits) | (long)kind);

    public void Disarm() => Interlocked.Exchange(ref _word, 0);

    /// <summary>Takes a deadline that has passed at <paramref name="now"/>; the caller then acts on it.</summary>
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

    /// <summary>Brings forward the end of a wait of one kind.</summary>
    public void TryShorten(DeadlineKind kind, long moment)
    {
        var word = Volatile.Read(ref _word);
        var sooner = (moment << KindBits) | (long)kind;
        if (KindOf(word) == kind && sooner < word) Interlocked.CompareExchange(ref _word, sooner, word);
    }

    private static DeadlineKind KindOf(long word) => (DeadlineKind)(word & ((1 << KindBits) - 1));
}
