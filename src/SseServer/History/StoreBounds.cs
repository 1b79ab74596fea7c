namespace SseServer.History;

/// <summary>How much of a topic the store keeps.</summary>
/// <param name="MaxEvents">At least this many events are kept, and few more.</param>
/// <param name="MaxBytes">Bytes of frames, at least 1.</param>
/// <param name="FirstId">Events below this id are too old.</param>
/// <param name="MaxKeys">Keys whose newest event is kept beyond the first two bounds; <paramref name="FirstId"/> holds for it too.</param>
/// <param name="LastId">Blocks that end after this id stay, whatever the other bounds say.</param>
internal readonly record struct StoreBounds(long MaxEvents, long MaxBytes, long FirstId, long MaxKeys = long.MaxValue, long LastId = long.MaxValue);
