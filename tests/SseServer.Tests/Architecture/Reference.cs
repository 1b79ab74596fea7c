namespace SseServer.Tests.Architecture;

/// <summary>That the code of one type names another type, or a member of it.</summary>
/// <param name="From">The outermost type that holds the code, with its namespace.</param>
/// <param name="To">The type named: its outermost type, with its namespace.</param>
/// <param name="Member">The member named; empty where the type itself is.</param>
internal readonly record struct Reference(string From, string To, string Member = "")
{
    /// <inheritdoc/>
    public override string ToString() => Member.Length == 0 ? $"{From} -> {To}" : $"{From} -> {To}.{Member}";
}
