namespace SseServer.History;

/// <summary>
/// Ids that were not given because the clock was set forward: those after <paramref name="Through"/> and below <paramref name="From"/>.
/// </summary>
internal readonly record struct IdSkip(long Through, long From);
