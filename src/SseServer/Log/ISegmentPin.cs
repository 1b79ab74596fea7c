namespace SseServer.Log;

/// <summary>
/// Pending writes that read from a segment. They keep its memory alive after the log has dropped it, so they are told. Implemented by
/// Delivery. Any thread.
/// </summary>
internal interface ISegmentPin
{
    /// <summary>The connections of those writes are being cut.</summary>
    bool IsCut { get; }

    /// <summary>Notes that the log has dropped the segment.</summary>
    void OnDropped();
}
