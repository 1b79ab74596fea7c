namespace SseServer.History;

/// <summary>What of a topic is to be let go, so that it keeps to its bounds.</summary>
/// <param name="Through">Events through this id are let go, but for the newest of each key that is kept; 0 where nothing is to do.</param>
/// <param name="LostThrough">The last of them that no newer event of its key has superseded; 0 where there is none.</param>
/// <param name="KeysThrough">Keys without an event after this id are let go, too; 0 where all are kept.</param>
internal readonly record struct StoreTrim(long Through, long LostThrough, long KeysThrough = 0);
