using SseServer.History;

namespace SseServer.Hosting.Transfer;

/// <summary>What a history knows beside its events. Immutable.</summary>
/// <param name="Origin">The first id of the history. It knows nothing of what was before.</param>
/// <param name="HighWater">Every id ever shown is at or below it.</param>
/// <param name="Floor">Events up to this id may have been deleted with topics that were removed.</param>
/// <param name="Lives">The ranges of ids that it has assigned, oldest first.</param>
/// <param name="Topics">Its topics, with their marks and ends; counts and bytes do not matter.</param>
internal sealed record HistoryMarks(
    long Origin, long HighWater, long Floor, IReadOnlyList<IdRange> Lives, IReadOnlyList<StoredTopic> Topics);
