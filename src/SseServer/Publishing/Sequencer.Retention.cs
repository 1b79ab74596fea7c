using SseServer.Catalog;
using SseServer.History;
using SseServer.Protocol.EventStream;

namespace SseServer.Publishing;

// The store's retention: a small step at a time, between commits, so that no publish waits long for it. Readers are told before anything is deleted.
internal sealed partial class Sequencer
{
    // Topics looked at each second beside those that got events: for what grows too old, and for topics that nobody uses any more.
    private const int RoundTopics = 256;

    private readonly Queue<Topic> _trimDue = new();
    private int _tickDue;
    private int _dueLeft;
    private int _roundLeft;
    private int _roundPosition;
    private bool _isMaintenanceDue;
    private bool _isTrimFailing;
    private Topic? _trimming;
    private StoreTrim _trimPlan;

    /// <summary>Each second: time for the store's retention.</summary>
    public void Tick()
    {
        Volatile.Write(ref _tickDue, 1);
        _wake.Set();
    }

    private void MarkTrimDue(Topic topic)
    {
        if (topic.IsTrimDue) return;
        topic.IsTrimDue = true;
        _trimDue.Enqueue(topic);
    }

    /// <summary>One step; false where nothing is to do.</summary>
    private bool KeepHouse()
    {
        if (Volatile.Read(ref _tickDue) != 0 && Interlocked.Exchange(ref _tickDue, 0) != 0)
        {
            _dueLeft = _trimDue.Count;
            _roundLeft = Math.Min(RoundTopics, _hub.TopicCount);
            _isMaintenanceDue = true;
            _mayForget = true;
            CheckFile();
        }

        try
        {
            if (!TryStep()) return false;
            _isTrimFailing = false;
        }
        catch (StoreException e)
        {
            if (!_isTrimFailing) StoreLog.TrimsFail(_logger, e.Message);
            _isTrimFailing = true;
            PutOff();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            _hub.OnFault(e);
            PutOff();
        }

        return true;
    }

    // Until the next second: what failed is not tried over and over.
    private void PutOff() => (_trimming, _dueLeft, _roundLeft, _isMaintenanceDue, _mayForget) = (null, 0, 0, false, false);

    private bool TryStep()
    {
        if (_trimming is { } trimming)
        {
            if (TrimStep(trimming, _trimPlan)) return true;
            _trimming = null;
            _hub.EndTrim(trimming);
            // A plan looks at some blocks only, so there may be more to let go.
            Plan(trimming, isUnderway: true);
        }
        else if (_dueLeft > 0)
        {
            _dueLeft--;
            var topic = _trimDue.Dequeue();
            topic.IsTrimDue = false;
            Plan(topic);
        }
        else if (_roundLeft > 0)
        {
            _roundLeft--;
            if (_hub.TopicAt(_roundPosition) is not { } topic) _roundPosition = 0;
            else if (TryRemove(topic)) return true;
            else
            {
                _roundPosition++;
                Plan(topic);
            }
        }
        else if (TryForget())
        {
            return true;
        }
        else if (_isMaintenanceDue)
        {
            _isMaintenanceDue = _store.Maintain();
        }
        else
        {
            return false;
        }

        return true;
    }

    /// <summary>Removes a topic that the store knows and nobody has a use for; the last one of the round takes its position.</summary>
    private bool TryRemove(Topic topic)
    {
        if (!_hub.IsUnused(topic)) return false;
        FinishTrim(topic);
        // The newest events of its keys are what it is for.
        if (_store.HasEvents(topic.Name)) return false;
        if (!_hub.TryRemoveUnused(topic, _roundPosition)) return false;
        _store.RemoveTopic(topic.Name);
        return true;
    }

    // A trim that failed may have left some.
    private void FinishTrim(Topic topic, EventId keysThrough = default)
    {
        while (TrimStep(topic, new(topic.TrimmedThroughUnderLock.Value, Math.Max(topic.StoreLostThroughUnderLock.Value, keysThrough.Value),
            keysThrough.Value)))
        {
        }

        _hub.EndTrim(topic);
    }

    /// <summary>Finds what of a topic is to be let go, says it to its readers, and has it deleted from the next step on.</summary>
    private void Plan(Topic topic, bool isUnderway = false)
    {
        if (!_store.HasEvents(topic.Name)) return;
        var (retention, now) = (topic.Retention, _hub.Time.GetUtcNow());
        // A trim costs a sync, whatever it deletes; so it is made once an eighth of a bound has gathered, as memory drops whole segments.
        if (!isUnderway && PlanTrim(topic, retention.MaxEvents + retention.MaxEvents / 8L, retention.MaxBytes, now - retention.MaxAge * 1.125).Through == 0) return;
        var (maxBytes, oldest) = (retention.MaxBytes - retention.MaxBytes / 8, now - retention.MaxAge);
        var plan = PlanTrim(topic, retention.MaxEvents, maxBytes, oldest);
        if (plan.Through == 0) return;
        var limit = _hub.DropThrough(topic, new(plan.Through));
        if (limit.Value < plan.Through && (plan = PlanTrim(topic, retention.MaxEvents, maxBytes, oldest, limit.Value)).Through == 0) return;
        if (_hub.TryTrimStore(topic, plan)) (_trimming, _trimPlan) = (topic, plan);
    }

    private StoreTrim PlanTrim(Topic topic, long maxEvents, long maxBytes, DateTimeOffset oldest, long lastId = long.MaxValue)
        => _store.PlanTrim(topic.Name, new StoreBounds(maxEvents, maxBytes, EventId.FirstAt(oldest).Value, topic.Retention.MaxKeys, lastId));
}
