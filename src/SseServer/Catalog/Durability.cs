namespace SseServer.Catalog;

/// <summary>With a store, when an event's publisher is answered and its subscribers receive it.</summary>
internal enum Durability
{
    /// <summary>Once the event is on disk: what was answered with 201 survives a crash of the machine.</summary>
    Sync,

    /// <summary>
    /// At once; the event is on disk some milliseconds later. A crash may lose the last events, and their subscribers get a gap.
    /// </summary>
    Async,
}
