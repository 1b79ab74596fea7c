namespace SseServer.History;

/// <summary>A hub id as text, for operators: <c>milliseconds-sequence</c>.</summary>
internal static class StoredId
{
    // The hub packs milliseconds above 20 bits of sequence.
    private const int SequenceBits = 20;

    public static string Text(long id) => $"{id >> SequenceBits}-{id & ((1 << SequenceBits) - 1)}";
}
