using System.Net;

namespace SseServer.Transport.Limits;

/// <summary>
/// Counts connections, in all and per address. A connection over a limit gets a refusal as the reply to its first request, because a client
/// can learn in no other way why it is refused and when to come back. Only a few at a time are answered that way, so that refusals do not
/// become the load that the limit is to keep off. A connection that is served is never closed in favour of another. Safe on any thread.
/// </summary>
internal sealed class ConnectionLimits(int maxConnections, int maxPerAddress)
{
    /// <summary>How many connections over a limit are answered at the same time.</summary>
    public const int MaxRefusing = 64;

    private readonly Lock _gate = new();
    private readonly Dictionary<ClientNetwork, int> _perAddress = [];
    private int _served;
    private int _refusing;

    /// <summary>How many connections are served at the same time; 0 means unlimited.</summary>
    public int MaxConnections => maxConnections;

    /// <summary>Counts a connection. It must <see cref="Leave(Admission, IPAddress)"/> unless it is turned away.</summary>
    public Admission Enter()
    {
        lock (_gate)
        {
            if (maxConnections > 0 && _served >= maxConnections) return new(RefuseUnderLock(AdmissionState.OverTotal));
            _served++;
            return new(AdmissionState.Served);
        }
    }

    /// <summary>Counts a connection that is served for its address as well; this may put it over that limit.</summary>
    public Admission EnterAddress(IPAddress client)
    {
        if (maxPerAddress == 0) return new(AdmissionState.Served);
        var network = new ClientNetwork(client);
        lock (_gate)
        {
            var count = _perAddress.GetValueOrDefault(network);
            if (count >= maxPerAddress)
            {
                _served--;
                return new(RefuseUnderLock(AdmissionState.OverAddress));
            }

            _perAddress[network] = count + 1;
            return new(AdmissionState.Served, IsCountedForAddress: true);
        }
    }

    /// <summary>A connection has closed that was not counted for its address.</summary>
    /// <param name="admission">What <see cref="Enter"/> returned for it.</param>
    public void Leave(Admission admission)
    {
        lock (_gate) LeaveUnderLock(admission);
    }

    /// <summary>A connection has closed.</summary>
    /// <param name="admission">What <see cref="EnterAddress"/> returned for it.</param>
    /// <param name="client">The address that it was counted for.</param>
    public void Leave(Admission admission, IPAddress client)
    {
        var network = new ClientNetwork(client);
        lock (_gate)
        {
            LeaveUnderLock(admission);
            if (admission.IsCountedForAddress && --_perAddress[network] == 0) _perAddress.Remove(network);
        }
    }

    private void LeaveUnderLock(Admission admission)
    {
        if (admission.State == AdmissionState.Served) _served--;
        else if (admission.State != AdmissionState.TurnedAway) _refusing--;
    }

    private AdmissionState RefuseUnderLock(AdmissionState state)
    {
        if (_refusing >= MaxRefusing) return AdmissionState.TurnedAway;
        _refusing++;
        return state;
    }
}
