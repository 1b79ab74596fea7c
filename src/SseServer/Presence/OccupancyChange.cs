namespace SseServer.Presence;

/// <summary>A topic got its first reader, or has been without any for long enough.</summary>
/// <param name="Topic">The topic's name.</param>
/// <param name="Readers">How many read it; 0 where it is vacated.</param>
internal readonly record struct OccupancyChange(byte[] Topic, int Readers)
{
    public bool IsOccupied => Readers > 0;
}
