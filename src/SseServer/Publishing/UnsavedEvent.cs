using SseServer.Catalog;
using SseServer.Log;

namespace SseServer.Publishing;

/// <summary>An event that stands in its log, is shown to readers, and is not in the store yet. Its segment is not dropped before it is.</summary>
internal readonly record struct UnsavedEvent(Topic Topic, LogEntry Entry, int PublisherIdLength);
