using SseServer.Catalog;

namespace SseServer.Publishing;

/// <summary>A thread that works as long as there is something to do, and then waits until it is woken.</summary>
/// <param name="name">The thread's name.</param>
/// <param name="work">Takes one step; false if there is nothing to do.</param>
/// <param name="faults">Takes our own bugs, which do not end the thread.</param>
internal sealed class WorkerThread(string name, Func<bool> work, Faults faults) : IDisposable
{
    private readonly ManualResetEventSlim _wake = new(false, spinCount: 0);
    private Thread? _thread;
    private bool _stopping;

    /// <summary>The thread is to end: no step follows the present one, unless it returned true.</summary>
    public bool IsStopping => Volatile.Read(ref _stopping);

    public void Start()
    {
        _thread = new Thread(Run) { IsBackground = true, Name = name };
        _thread.Start();
    }

    /// <summary>Has the thread look for work. Any thread.</summary>
    public void Wake() => _wake.Set();

    /// <summary>Ends the thread when nothing is left to do; false if it does not run.</summary>
    public bool Stop()
    {
        Volatile.Write(ref _stopping, true);
        _wake.Set();
        if (_thread is null) return false;
        _thread.Join();
        _thread = null;
        return true;
    }

    public void Dispose() => Stop();

    private void Run()
    {
        while (true)
        {
            // Reset before looking for work: work that arrives later sets it again.
            _wake.Reset();
            var isStopping = IsStopping;
            try
            {
                if (work()) continue;
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                faults.Report(e);
            }

            if (isStopping) return;
            _wake.Wait();
        }
    }
}
