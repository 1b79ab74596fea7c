namespace SseServer.Tests.Architecture;

/// <summary>
/// Finds circles of types: sets in which each type leads to each other by references (the strongly connected components of the graph, by
/// Tarjan's algorithm).
/// </summary>
internal sealed class TypeCircles
{
    private readonly Dictionary<string, string[]> _targets;
    private readonly Dictionary<string, int> _order = [];
    private readonly Dictionary<string, int> _low = [];
    private readonly Stack<string> _path = new();
    private readonly HashSet<string> _onPath = [];
    private readonly List<IReadOnlyList<string>> _circles = [];

    private TypeCircles(IEnumerable<Reference> references)
    {
        _targets = references.GroupBy(reference => reference.From)
            .ToDictionary(group => group.Key, group => group.Select(reference => reference.To).Distinct().ToArray());
    }

    /// <summary>The circles of two types or more, each in alphabetical order.</summary>
    public static IReadOnlyList<IReadOnlyList<string>> Find(IEnumerable<Reference> references)
    {
        var circles = new TypeCircles(references);
        foreach (var type in circles._targets.Keys)
        {
            if (!circles._order.ContainsKey(type)) circles.Visit(type);
        }

        return circles._circles;
    }

    private void Visit(string type)
    {
        _order[type] = _low[type] = _order.Count;
        _path.Push(type);
        _onPath.Add(type);
        foreach (var target in _targets.GetValueOrDefault(type, []))
        {
            if (!_targets.ContainsKey(target)) continue;
            if (!_order.TryGetValue(target, out var order))
            {
                Visit(target);
                _low[type] = Math.Min(_low[type], _low[target]);
            }
            else if (_onPath.Contains(target))
            {
                _low[type] = Math.Min(_low[type], order);
            }
        }

        if (_low[type] != _order[type]) return;
        var circle = new List<string>();
        string member;
        do
        {
            member = _path.Pop();
            _onPath.Remove(member);
            circle.Add(member);
        }
        while (member != type);

        if (circle.Count > 1) _circles.Add([.. circle.Order(StringComparer.Ordinal)]);
    }
}
