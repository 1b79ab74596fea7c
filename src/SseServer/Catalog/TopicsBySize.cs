using System.Numerics;

namespace SseServer.Catalog;

/// <summary>
/// Topics by the memory that their history takes, in classes of powers of two, so that one of the largest is found without looking at all
/// of them. Within a class topics take turns. Under the catalog's lock.
/// </summary>
internal sealed class TopicsBySize
{
    private readonly LinkedList<Topic>[] _classes = new LinkedList<Topic>[64];

    public TopicsBySize()
    {
        for (var i = 0; i < _classes.Length; i++) _classes[i] = [];
    }

    /// <summary>The number of classes; the first holds the largest topics.</summary>
    public int Classes => _classes.Length;

    /// <summary>Topics in a class.</summary>
    public int CountIn(int index) => _classes[index].Count;

    /// <summary>The topic of a class whose turn it is, which moves to the end.</summary>
    public Topic TakeTurn(int index)
    {
        var node = _classes[index].First!;
        _classes[index].RemoveFirst();
        _classes[index].AddLast(node);
        return node.Value;
    }

    /// <summary>Moves a topic to the class of its present cost; a topic without history is in no class.</summary>
    public void Update(Topic topic)
    {
        var size = topic.Cost;
        var right = size <= 0 ? null : _classes[BitOperations.LeadingZeroCount((ulong)size)];
        var node = topic.SizeNode;
        if (node?.List == right) return;
        if (node is null) topic.SizeNode = node = new(topic);
        node.List?.Remove(node);
        right?.AddLast(node);
    }

    public static void Remove(Topic topic)
    {
        var node = topic.SizeNode;
        node?.List?.Remove(node);
    }
}
