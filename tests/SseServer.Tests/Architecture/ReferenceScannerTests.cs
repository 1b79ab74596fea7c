namespace SseServer.Tests.Architecture;

/// <summary>The checker finds violations planted in this assembly, in every place where a type can be named.</summary>
internal sealed class ReferenceScannerTests
{
    private const string Room = "SseServer.Tests.Architecture.Planted";

    private static readonly Lazy<IReadOnlySet<Reference>> Own = new(
        () => ReferenceScanner.Scan(typeof(ReferenceScannerTests).Assembly.Location));

    [TestCase("Base", "System.IO.MemoryStream")]
    [TestCase("Interface", "System.IDisposable")]
    [TestCase("Generic argument of an interface", "System.Net.IPAddress")]
    [TestCase("Attribute", "System.ObsoleteAttribute")]
    [TestCase("Constraint", "System.Net.EndPoint")]
    [TestCase("Field", "System.Net.Sockets.Socket")]
    [TestCase("Array in a generic argument", "System.Net.Cookie")]
    [TestCase("Parameter", "System.Threading.Mutex")]
    [TestCase("Result", "System.Threading.Barrier")]
    [TestCase("Local and caught exception", "System.TimeZoneNotFoundException")]
    [TestCase("typeof", "System.Net.WebProxy")]
    [TestCase("Generic argument of a call", "System.Threading.CountdownEvent")]
    [TestCase("Body of a closure", "System.Diagnostics.Stopwatch")]
    [TestCase("Body of an async method", "System.Threading.SemaphoreSlim")]
    [TestCase("After a switch table", "System.Threading.ManualResetEventSlim")]
    public void Planted_reference_is_found(string place, string type)
        => Assert.That(new ArchitectureRule(Room, [type]).Violations(Own.Value), Is.Not.Empty, place);

    [Test]
    public void Planted_member_is_found_and_its_siblings_are_not()
    {
        Assert.That(new ArchitectureRule(Room, ["System.DateTime.get_UtcNow"]).Violations(Own.Value), Has.Exactly(1).Items);
        Assert.That(new ArchitectureRule(Room, ["System.DateTime.get_Now"]).Violations(Own.Value), Is.Empty);
    }

    [Test]
    public void Exception_of_a_rule_is_allowed()
        => Assert.That(new ArchitectureRule(Room, ["System.Net.Sockets"], "System.Net.Sockets.Socket").Violations(Own.Value), Is.Empty);

    [Test]
    public void Prefix_ends_at_a_dot()
        => Assert.That(new ArchitectureRule(Room, ["System.Net.Sock", "System.Net.Cook"]).Violations(Own.Value), Is.Empty);

    [Test]
    public void Other_rooms_are_not_judged()
        => Assert.That(new ArchitectureRule("SseServer.Tests.Architecture.Plant", ["System"]).Violations(Own.Value), Is.Empty);
}
