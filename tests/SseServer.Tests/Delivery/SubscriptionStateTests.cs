using SseServer.Delivery;

namespace SseServer.Tests.Delivery;

/// <summary>The states of a subscription only move forward.</summary>
[Parallelizable(ParallelScope.All)]
internal sealed class SubscriptionStateTests
{
    // By state, from New to Ended, which of the states may follow.
    private static readonly string[] Rules =
    [
        "Open Broken",
        "Ending Broken",
        "EndWritten Broken",
        "Broken Ended",
        "Ended",
        "",
    ];

    private static readonly SubscriptionState[] All = Enum.GetValues<SubscriptionState>();

    [TestCaseSource(nameof(All))]
    public void Only_transitions_in_the_table_are_allowed(SubscriptionState state)
    {
        var followers = All.Where(next => next.CanFollow(state)).Select(next => $"{next}");

        Assert.That(string.Join(' ', followers), Is.EqualTo(Rules[(int)state]));
    }

    [Test]
    public void No_state_is_entered_twice()
        => Assert.That(All.SelectMany(next => All.Where(state => next.CanFollow(state) && next <= state)), Is.Empty);

    [TestCaseSource(nameof(All))]
    public void Every_state_leads_to_the_end(SubscriptionState state)
    {
        var reached = new HashSet<SubscriptionState> { state };
        for (var i = 0; i < All.Length; i++) reached.UnionWith(All.Where(next => reached.Any(from => next.CanFollow(from))));

        Assert.That(reached, Does.Contain(SubscriptionState.Ended));
    }
}
