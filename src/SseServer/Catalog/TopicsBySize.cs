using System.Numerics;

namespace SseServer.Catalog;

/// <summary>
/// Topics by what their history costs, in classes of powers of two, so that the hub finds one that holds most without looking at all of
/// them. Within a class topics take turns. Under the hub's lock.
/// </summary>
internal sealed class TopicsBySize
{
    private readonly LinkedList<Topic>[] _classes = new LinkedList<Topic>[64];

    public TopicsBySize()
    {
        for (var i = 0; i < _classes.Length; i++) _classes[i] = [];
    }

    /// <summary>Classes, the largest topics' first.</summary>
    public int Classes => _classes.Length;

    /// <summary>Topics of a class; class 0 holds those of the largest.</summary>
    public int CountIn(int index) => _classes[index].Count;

    /// <summary>The topic of a class whose turn it is; it is the last one from now on.</summary>
    public Topic TakeTurn(int index)
    {
        var node = _classes[index].First!;
        _classes[index].RemoveFirst();
        _classes[index].AddLast(node);
        return node.Value;
    }

    /// <summary>Puts a topic where its cost now belongs; one that costs nothing is in no class.</summary>
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
