using SseServer.History;

namespace SseServer.Hosting.Transfer;

/// <summary>A history that is copied. For one thread.</summary>
internal interface IHistorySource : IDisposable
{
    /// <summary>What it knows beside its events. Of an export, complete only once its events are copied.</summary>
    HistoryMarks Marks { get; }

    /// <summary>Gives all events to a copy, in the order of their ids.</summary>
    /// <exception cref="StoreException">They cannot be read; the message says what to do.</exception>
    void CopyTo(HistoryCopy copy);
}

/// <summary>An empty history that gets a copy. For one thread.</summary>
internal interface IHistoryTarget : IDisposable
{
    /// <summary>Writes events, above all that were written before.</summary>
    /// <exception cref="StoreException">They cannot be written; the message says what to do.</exception>
    void Write(StoreCommit commit);

    /// <summary>Writes everything else, once all events are written.</summary>
    /// <exception cref="StoreException">It cannot be written; the message says what to do.</exception>
    void Finish(HistoryMarks marks);
}
