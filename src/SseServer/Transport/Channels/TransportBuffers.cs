using System.Buffers;

namespace SseServer.Transport.Channels;

/// <summary>
/// Arrays and send operations that the connections of one server borrow while they write. It counts what is borrowed, so that tests can
/// check that everything was returned. Safe on any thread.
/// </summary>
internal sealed class TransportBuffers
{
    // Only slow peers need an operation, so the pool is small. Operations beyond it are left to the garbage collector.
    private const int MaxIdleOperations = 256;

    private readonly Stack<SendOperation> _operations = new();
    private readonly Lock _gate = new();
    private int _outstanding;

    /// <summary>Arrays and operations borrowed and not yet returned.</summary>
    public int Outstanding => Volatile.Read(ref _outstanding);

    public byte[] RentArray(int minimumLength)
    {
        Interlocked.Increment(ref _outstanding);
        return ArrayPool<byte>.Shared.Rent(minimumLength);
    }

    public void Return(byte[] array)
    {
        Interlocked.Decrement(ref _outstanding);
        ArrayPool<byte>.Shared.Return(array);
    }

    public SendOperation RentOperation()
    {
        Interlocked.Increment(ref _outstanding);
        lock (_gate)
        {
            if (_operations.TryPop(out var operation)) return operation;
        }

        return new SendOperation(this);
    }

    public void Return(SendOperation operation)
    {
        Interlocked.Decrement(ref _outstanding);
        lock (_gate)
        {
            if (_operations.Count < MaxIdleOperations)
            {
                _operations.Push(operation);
                return;
            }
        }

        operation.Dispose();
    }
}
