using SseServer.Catalog;

namespace SseServer.Delivery;

/// <summary>
/// A plan to end streams evenly over a period: a drain ends all of them, and those that join later, because the server stops; a shed ends a
/// share of them to move their clients to other nodes. Each shard ends its part. Immutable.
/// </summary>
internal sealed class ShedPlan
{
    /// <summary>Whether it is a drain: the server stops, and all streams end.</summary>
    public bool IsDrain { get; init; }

    /// <summary>When it begins, in <see cref="HubClock.Milliseconds"/>.</summary>
    public required long Begin { get; init; }

    /// <summary>The time over which streams end, in milliseconds; 0 for all at once.</summary>
    public required long PeriodMilliseconds { get; init; }

    /// <summary>The mean reconnection time of the streams that end first.</summary>
    public required TimeSpan MeanRetry { get; init; }

    /// <summary>How much longer the clients of the last streams wait.</summary>
    public required TimeSpan Stretch { get; init; }

    /// <summary>How many streams end, by shard.</summary>
    public required int[] Parts { get; init; }

    /// <summary>When the server is back, in <see cref="HubClock.Milliseconds"/>; 0 if clients find another server meanwhile.</summary>
    public long BackAt { get; init; }

    /// <summary>The time over which clients return once the server is back.</summary>
    public TimeSpan Returns { get; init; }

    /// <summary>
    /// Splits a share of all streams among the shards: each part is within one stream of that share of the shard's streams, and together
    /// they are the share of all, rounded.
    /// </summary>
    public static int[] PartsOf(ReadOnlySpan<int> streams, int percent)
    {
        var parts = new int[streams.Length];
        var (sum, taken) = (0L, 0L);
        for (var i = 0; i < parts.Length; i++)
        {
            sum += streams[i];
            parts[i] = (int)((sum * percent + 50) / 100 - taken);
            taken += parts[i];
        }

        return parts;
    }

    /// <summary>
    /// Whether <paramref name="index"/> is one of <paramref name="part"/> indexes spread evenly over <paramref name="count"/>.
    /// </summary>
    public static bool IsPicked(int index, int count, int part) => (index + 1L) * part / count > (long)index * part / count;

    /// <summary>How many of a shard's part are due by now: the first at once, the others at equal distances.</summary>
    public int Due(int part, long now) => IsOver(now) ? part : (int)Math.Min(part, part * (now - Begin) / PeriodMilliseconds + 1);

    public bool IsOver(long now) => now - Begin >= PeriodMilliseconds;

    /// <summary>The time until the server is back; zero if clients need not wait for it.</summary>
    public TimeSpan Absence(long now) => TimeSpan.FromMilliseconds(Math.Max(0, BackAt - now));

    /// <summary>
    /// The reconnection time of a stream in milliseconds; <paramref name="fraction"/> is its place in the order of ends, from 0 for the
    /// first up to 1.
    /// </summary>
    public int RetryAt(double fraction, long now)
    {
        var random = Random.Shared.NextDouble();
        var retry = RetryPacing.AtEnd(MeanRetry, Stretch, fraction, random);
        return BackAt == 0 ? retry : Math.Max(retry, RetryPacing.AfterAbsence(Absence(now), MeanRetry, Returns, fraction, random));
    }
}
