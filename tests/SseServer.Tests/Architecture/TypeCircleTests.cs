namespace SseServer.Tests.Architecture;

/// <summary>
/// No type can be understood without the others of its circle, so circles are small. Counted over the whole program: base types, fields,
/// parameters, calls, everything in metadata and IL; nested types count as their outermost one.
/// </summary>
internal sealed class TypeCircleTests
{
    private const int MaxTypes = 6;
    private const int MaxLines = 1000;

    /// <summary>The namespaces that keep the rule, with those below them.</summary>
    private static readonly string[] Namespaces = ["SseServer"];

    private static readonly Lazy<IReadOnlySet<Reference>> Program = new(
        () => ReferenceScanner.Scan(Path.Combine(AppContext.BaseDirectory, "sse-server.dll")));

    [TestCaseSource(nameof(Namespaces))]
    public void Circles_of_types_are_small(string layer)
    {
        var large = TypeCircles.Find(Program.Value)
            .Where(circle => circle.Any(type => type.StartsWith(layer + ".", StringComparison.Ordinal)))
            .Where(circle => circle.Count > MaxTypes || circle.Sum(SourceLines.Of) > MaxLines)
            .Select(circle => $"{circle.Count} types, {circle.Sum(SourceLines.Of)} lines: {string.Join(", ", circle)}");

        Assert.That(large, Is.Empty);
    }

    [Test]
    public void Types_have_their_lines()
    {
        Assert.That(SourceLines.Of("SseServer.Transport.Connection"), Is.GreaterThan(100));
        var unknown = Program.Value.Select(reference => reference.From).Distinct()
            .Where(type => type.StartsWith("SseServer.", StringComparison.Ordinal) && SourceLines.Of(type) == 0);

        Assert.That(unknown, Is.Empty);
    }

    // a -> b -> c -> a, c -> d, d <-> e, f alone.
    [Test]
    public void Circles_are_found()
    {
        Reference[] references =
        [
            new("a", "b"), new("b", "c"), new("c", "a"), new("c", "d"), new("d", "e"), new("e", "d"), new("f", "a"), new("e", "outside"),
        ];

        Assert.That(TypeCircles.Find(references), Is.EquivalentTo(new[] { new[] { "a", "b", "c" }, ["d", "e"] }));
    }
}
