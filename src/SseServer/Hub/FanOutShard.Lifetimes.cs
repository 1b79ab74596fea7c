using System.Buffers;

namespace SseServer.Hub;

// Streams that end by themselves: part of the sweep that also breaks silences.
internal sealed partial class FanOutShard
{
    // The end does not wait for a reader that takes nothing: it comes after the frame that is being written, before all that follows.
    private void CheckLifetime(Subscription subscription, StreamLifetime lifetime, DateTimeOffset now)
    {
        if (lifetime.EndAt <= now)
        {
            if (!subscription.TryEndLifetime(lifetime)) return;
            subscription.EndRetryMilliseconds = NextRetry();
            subscription.IsEnding = true;
            Settle(subscription);
        }
        else if (lifetime.NoticeAt <= now && !lifetime.IsNoticed && !subscription.IsBusy)
        {
            _block.ResetWrittenCount();
            BufferNotice(lifetime);
            WriteBlock(subscription);
            ScheduleHeartbeat(subscription);
            Settle(subscription);
        }
    }

    private void BufferNotice(StreamLifetime lifetime)
    {
        _block.Write(lifetime.Notice.Span);
        lifetime.IsNoticed = true;
    }
}
