namespace SseServer.Delivery;

/// <summary>
/// A share of the streams that is ended, evenly over a period: all of them and whoever joins later when the server leaves, some of them to move their clients to other
/// nodes. Each shard ends its part. Immutable.
/// </summary>
internal sealed class ShedPlan
{
    /// <summary>The server leaves: all streams end.</summary>
    public bool IsDrain { get; init; }

    /// <summary>When it begins, in the hub's clock.</summary>
    public required long Begin { get; init; }

    /// <summary>The time over which streams end; 0 for all at once.</summary>
    public required long PeriodMilliseconds { get; init; }

    /// <summary>The mean reconnection time of those that end first.</summary>
    public required TimeSpan MeanRetry { get; init; }

    /// <summary>What those that end last wait longer.</summary>
    public required TimeSpan Stretch { get; init; }

    /// <summary>How many streams end, by shard.</summary>
    public required int[] Parts { get; init; }

    /// <summary>Each shard's part of a share of the streams: within one stream of that share of its own, and together the share of all, rounded.</summary>
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

    /// <summary>Whether place <paramref name="index"/> among <paramref name="count"/> is one of <paramref name="part"/> that lie evenly over all of them.</summary>
    public static bool IsPicked(int index, int count, int part) => (index + 1L) * part / count > (long)index * part / count;

    /// <summary>How many of a shard's part have ended by now: the first at once, each after it as long after the one before.</summary>
    public int Due(int part, long now) => IsOver(now) ? part : (int)Math.Min(part, part * (now - Begin) / PeriodMilliseconds + 1);

    public bool IsOver(long now) => now - Begin >= PeriodMilliseconds;

    /// <summary>When the server is back, in the hub's clock; 0 where clients find another one meanwhile.</summary>
    public long BackAt { get; init; }

    /// <summary>The time over which clients return once the server is back.</summary>
    public TimeSpan Returns { get; init; }

    /// <summary>The time until the server is back; zero where nobody need wait for it.</summary>
    public TimeSpan Absence(long now) => TimeSpan.FromMilliseconds(Math.Max(0, BackAt - now));

    /// <summary>The reconnection time of a stream that ends at a place, from 0 for the first up to 1, in milliseconds.</summary>
    public int RetryAt(double place, long now)
    {
        var random = Random.Shared.NextDouble();
        var retry = RetryPacing.AtEnd(MeanRetry, Stretch, place, random);
        return BackAt == 0 ? retry : Math.Max(retry, RetryPacing.AfterAbsence(Absence(now), MeanRetry, Returns, place, random));
    }
}
