namespace SseServer.Tests.Architecture;

/// <summary>
/// What the code of one room must not name. Rooms and targets are dotted prefixes: a namespace, a type, or a type's member.
/// </summary>
/// <param name="Room">The namespace the rule is for.</param>
/// <param name="Forbidden">What it must not name.</param>
/// <param name="Except">What it may name all the same.</param>
internal sealed record ArchitectureRule(string Room, string[] Forbidden, params string[] Except)
{
    /// <summary>The references that break this rule.</summary>
    public IEnumerable<Reference> Violations(IEnumerable<Reference> references)
        => references.Where(reference => IsWithin(reference.From, Room) && !IsWithin(reference.To, Room)
            && Forbidden.Any(prefix => IsNamedBy(reference, prefix))
            && !Except.Any(prefix => IsNamedBy(reference, prefix)));

    /// <inheritdoc/>
    public override string ToString()
        => $"{Room} names nothing of {string.Join(", ", Forbidden)}{(Except.Length == 0 ? "" : " except " + string.Join(", ", Except))}";

    private static bool IsNamedBy(Reference reference, string prefix)
        => IsWithin(reference.To, prefix) || (reference.Member.Length > 0 && $"{reference.To}.{reference.Member}" == prefix);

    private static bool IsWithin(string name, string prefix)
        => name.StartsWith(prefix, StringComparison.Ordinal) && (name.Length == prefix.Length || name[prefix.Length] == '.');
}
