namespace SseServer.History.Sqlite.Tools;

/// <summary>What a check has found so far.</summary>
internal sealed class CheckFindings
{
    // A file with more problems is damaged beyond what a list helps with.
    public const int MaxProblems = 100;

    private readonly List<string> _problems = [];
    private readonly List<DamagedBlock> _damage = [];

    /// <summary>A sentence for each thing that is wrong beyond single blocks.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>The blocks that cannot be read.</summary>
    public IReadOnlyList<DamagedBlock> Damage => _damage;

    public void Add(string problem)
    {
        if (_problems.Count < MaxProblems) _problems.Add(problem);
    }

    public void Add(in DamagedBlock block) => _damage.Add(block);
}
