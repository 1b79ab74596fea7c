namespace SseServer.Log;

/// <summary>What a <see cref="Cursor"/> stands at.</summary>
internal enum CursorState
{
    /// <summary>Nothing more: the cursor is at the head of its log.</summary>
    AtHead,

    /// <summary>An entry.</summary>
    Entry,

    /// <summary>The log no longer holds what the cursor points at: the cursor must be placed again.</summary>
    Evicted,
}
