using SseServer.Transport;

namespace SseServer.Tests.Transport;

public sealed class DeadlineTests
{
    [Test]
    public void Deadline_is_claimed_once_and_not_before_its_moment()
    {
        var deadline = default(Deadline);
        deadline.Arm(1000, DeadlineKind.Head);
        Assert.That(deadline.TryClaimPassed(999, out _), Is.False);
        Assert.That(deadline.TryClaimPassed(1000, out var kind), Is.True);
        Assert.That(kind, Is.EqualTo(DeadlineKind.Head));
        Assert.That(deadline.TryClaimPassed(2000, out _), Is.False);
    }

    [Test]
    public void Deadline_is_claimed_early_only_for_its_kind()
    {
        var deadline = default(Deadline);
        deadline.Arm(1000, DeadlineKind.Body);
        Assert.That(deadline.TryClaim(DeadlineKind.Request), Is.False);
        Assert.That(deadline.TryClaim(DeadlineKind.Body), Is.True);
        Assert.That(deadline.Kind, Is.EqualTo(DeadlineKind.None));
    }

    [Test]
    public void Disarmed_deadline_never_passes()
    {
        var deadline = default(Deadline);
        deadline.Arm(1000, DeadlineKind.Request);
        deadline.Disarm();
        Assert.That(deadline.TryClaimPassed(long.MaxValue >> 3, out _), Is.False);
    }
}
