namespace SseServer.History;

/// <summary>How much of a topic the store keeps.</summary>
/// <param name="MaxEvents">At least this many events are kept, and few more.</param>
/// <param name="MaxBytes">Bytes of frames, at least 1.</param>
/// <param name="FirstId">Events below this id are too old.</param>
internal readonly record struct StoreBounds(long MaxEvents, long MaxBytes, long FirstId);
