using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using SseServer.Catalog;
using SseServer.History;
using EventId = SseServer.Protocol.EventStream.EventId;

namespace SseServer.Publishing;

/// <summary>
/// Retention and maintenance of the store, in small steps between commits, so that no publish waits long. Losses are recorded, for
/// subscribers, before anything is deleted. On the sequencer's thread, unless it says "any thread".
/// </summary>
/// <param name="catalog">The topics.</param>
/// <param name="store">Open.</param>
/// <param name="health">Takes what the check of each second finds.</param>
/// <param name="mayDelete">Whether this server deletes in the store. Of several that share one, only one does; the others forget topics
/// that are out of use.</param>
/// <param name="faults">Takes our own bugs.</param>
/// <param name="logger">Logs failures of the store.</param>
internal sealed class StoreTrimmer(
    TopicCatalog catalog, IEventStore store, StoreHealth health, Func<bool> mayDelete, Faults faults, ILogger logger)
{
    // Topics visited each second besides those that got events: for events over their age, and for topics out of use.
    private const int RoundTopics = 256;

    private readonly ConcurrentQueue<Topic> _due = new();
    private readonly ConcurrentQueue<Topic> _removed = new();
    private int _tickDue;
    private int _dueLeft;
    private int _roundLeft;
    private int _roundPosition;
    private bool _isMaintenanceDue;
    private bool _isFailing;
    private bool _mayRemove = true;
    private Topic? _topic;
    private StoreTrim _plan;

    /// <summary>Each second. Any thread.</summary>
    public void Tick() => Volatile.Write(ref _tickDue, 1);

    /// <summary>Queues a topic that was removed while the store has events of it: the store deletes them. Any thread.</summary>
    public void Remove(Topic topic) => _removed.Enqueue(topic);

    /// <summary>Queues a topic that got events and so may be over its bounds. Any thread.</summary>
    public void MarkDue(Topic topic)
    {
        if (topic.IsTrimDue) return;
        topic.IsTrimDue = true;
        _due.Enqueue(topic);
    }

    /// <summary>Takes one step; false if there is nothing to do.</summary>
    public bool TryStep()
    {
        if (Volatile.Read(ref _tickDue) != 0 && Interlocked.Exchange(ref _tickDue, 0) != 0)
        {
            (_dueLeft, _isMaintenanceDue, _mayRemove) = (_due.Count, true, true);
            using (catalog.Lock.EnterInBackground()) _roundLeft = Math.Min(RoundTopics, catalog.Topics.Count);
            health.CheckFile(store);
        }

        try
        {
            if (!TryNext()) return false;
            _isFailing = false;
        }
        catch (StoreException e)
        {
            if (!_isFailing) StoreLog.TrimsFail(logger, e.Message);
            _isFailing = true;
            PutOff();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            faults.Report(e);
            PutOff();
        }

        return true;
    }

    // Until the next second, so that a failing step is not tried over and over.
    private void PutOff() => (_topic, _dueLeft, _roundLeft, _isMaintenanceDue, _mayRemove) = (null, 0, 0, false, false);

    private bool TryNext()
    {
        if (_topic is { } trimmed)
        {
            if (TrimStep(trimmed, _plan)) return true;
            _topic = null;
            EndTrim(trimmed);
            // A plan looks at some blocks only, so there may be more to delete.
            Plan(trimmed, isUnderWay: true);
        }
        else if (_dueLeft > 0 && _due.TryDequeue(out var topic))
        {
            _dueLeft--;
            topic.IsTrimDue = false;
            Plan(topic);
        }
        else if (_roundLeft > 0)
        {
            _roundLeft--;
            VisitNext();
        }
        else if (_mayRemove && _removed.TryDequeue(out var removed))
        {
            RemoveStored(removed);
        }
        else if (_isMaintenanceDue)
        {
            _isMaintenanceDue = store.Maintain();
        }
        else
        {
            return false;
        }

        return true;
    }

    private void VisitNext()
    {
        Topic? topic;
        bool isUnused;
        using (catalog.Lock.EnterInBackground())
        {
            topic = catalog.Topics.At(_roundPosition);
            isUnused = topic is not null && IsUnused(topic);
        }

        if (topic is null)
        {
            _roundPosition = 0;
        }
        // The last topic of the round takes a removed one's position.
        else if (!isUnused || !TryRemove(topic))
        {
            _roundPosition++;
            Plan(topic);
        }
    }

    private bool IsUnused(Topic topic) => topic.CommittedThrough.Value > 0 && catalog.Topics.IsUnused(topic);

    /// <summary>Removes a topic that the store knows and that is out of use.</summary>
    private bool TryRemove(Topic topic)
    {
        if (mayDelete()) FinishTrim(topic);
        // It is still of use for the newest events of its keys.
        if (store.HasEvents(topic.Name)) return false;
        using (catalog.Lock.EnterInBackground())
        {
            if (catalog.Topics.At(_roundPosition) != topic || !IsUnused(topic)) return false;
            catalog.Topics.Remove(topic);
        }

        if (mayDelete()) store.RemoveTopic(topic.Name);
        return true;
    }

    private void RemoveStored(Topic topic)
    {
        try
        {
            bool isInUse;
            using (catalog.Lock.EnterInBackground()) isInUse = catalog.Topics.Find(topic.Name) is { CommittedThrough.Value: > 0 };
            // A new topic of the same name that has events stores them under the same name, after the end. One that only subscribers have
            // created must not be restored as ended at the next start.
            if (!isInUse && mayDelete())
            {
                // The newest events of its keys are no longer needed.
                FinishTrim(topic, keysThrough: topic.CommittedThrough);
                store.RemoveTopic(topic.Name);
            }
        }
        catch (StoreException)
        {
            _removed.Enqueue(topic);
            throw;
        }

        using (catalog.Lock.EnterInBackground()) catalog.StoreRemovals.EndRemoval(topic);
    }

    // A trim that failed may have left some.
    private void FinishTrim(Topic topic, EventId keysThrough = default)
    {
        StoreTrim plan;
        using (catalog.Lock.EnterInBackground())
            plan = new(topic.Marks.StoreStart.Value, Math.Max(topic.Marks.StoreLiveStart.Value, keysThrough.Value), keysThrough.Value);
        while (TrimStep(topic, plan))
        {
        }

        EndTrim(topic);
    }

    /// <summary>Plans what to delete of a topic, records the loss for its subscribers, and has it deleted from the next step on.</summary>
    private void Plan(Topic topic, bool isUnderWay = false)
    {
        if (!mayDelete() || !store.HasEvents(topic.Name)) return;
        var (retention, now) = (topic.Retention, catalog.Clock.Now);
        // A trim costs a sync, however little it deletes. So it waits until the topic is an eighth over a bound, as memory drops whole
        // segments.
        var maxEvents = retention.MaxEvents + retention.MaxEvents / 8L;
        if (!isUnderWay && PlanTrim(topic, maxEvents, retention.MaxBytes, now - retention.MaxAge * 1.125).Through == 0) return;
        var (maxBytes, oldest) = (retention.MaxBytes - retention.MaxBytes / 8, now - retention.MaxAge);
        var plan = PlanTrim(topic, retention.MaxEvents, maxBytes, oldest);
        if (plan.Through == 0) return;
        EventId limit;
        using (catalog.Lock.EnterInBackground()) limit = catalog.Retention.DropThrough(topic, new(plan.Through));
        if (limit.Value < plan.Through && (plan = PlanTrim(topic, retention.MaxEvents, maxBytes, oldest, limit.Value)).Through == 0) return;
        if (TryBeginTrim(topic, plan)) (_topic, _plan) = (topic, plan);
    }

    private StoreTrim PlanTrim(Topic topic, long maxEvents, long maxBytes, DateTimeOffset oldest, long lastId = long.MaxValue)
        => store.PlanTrim(topic.Name, new StoreBounds(maxEvents, maxBytes, EventId.FirstAt(oldest).Value, topic.Retention.MaxKeys, lastId));

    /// <summary>One step of a trim. If it deletes unreadable events beyond the plan, their loss is recorded first.</summary>
    private bool TrimStep(Topic topic, in StoreTrim plan)
        => store.Trim(topic.Name, plan, lostThrough => TryBeginTrim(topic, new StoreTrim(0, lostThrough)));

    /// <summary>
    /// Records that the store is about to delete events of a topic. False if the topic was removed: then all its events are marked as
    /// evicted already, and events of its name may belong to another topic.
    /// </summary>
    private bool TryBeginTrim(Topic topic, in StoreTrim plan)
    {
        using (catalog.Lock.EnterInBackground())
        {
            if (topic.IsRemoved) return false;
            catalog.StoreRemovals.BeginTrim(topic);
            using (catalog.Budget.Track(topic)) topic.TrimStore(plan);
            return true;
        }
    }

    private void EndTrim(Topic topic)
    {
        using (catalog.Lock.EnterInBackground()) catalog.StoreRemovals.EndTrim(topic);
    }
}
