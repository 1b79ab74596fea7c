namespace SseServer.Hub;

/// <summary>When a publisher is answered and readers get the event, where history is kept in a store.</summary>
internal enum PublishPromise
{
    /// <summary>Once the event is on the disk: what was answered with 201 survives a crash of the machine.</summary>
    Committed,

    /// <summary>At once; the event is on the disk some milliseconds later. A crash may lose the last of them, and their readers get a gap.</summary>
    Fast,
}
