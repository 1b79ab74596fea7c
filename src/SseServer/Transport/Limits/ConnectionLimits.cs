namespace SseServer.Transport.Limits;

/// <summary>
/// Counts connections, in all and for each address. Those over a limit are told so in the reply to their first request, which is the
/// only way for a client to learn why and when to come back; a few at once, so that they cannot become the load that the limit
/// is there to keep off. Who is served is never put out for someone else. Safe on any thread.
/// </summary>
internal sealed class ConnectionLimits(int maxConnections, int maxPerAddress)
{
    /// <summary>Connections over a limit that are being told so at once.</summary>
    public const int MaxRefusing = 64;

    private readonly Lock _gate = new();
    private readonly Dictionary<ClientNetwork, int> _perAddress = [];
    private int _served;
    private int _refusing;

    /// <summary>Connections that are served at once; 0 is no bound.</summary>
    public int MaxConnections => maxConnections;

    /// <summary>Counts a connection. Unless it is turned away, <see cref="Leave"/> wants its standing back.</summary>
    public ConnectionStanding Enter()
    {
        lock (_gate)
        {
            if (maxConnections > 0 && _served >= maxConnections) return RefuseUnderLock(ConnectionStanding.OverTotal);
            _served++;
            return ConnectionStanding.Served;
        }
    }

    /// <summary>
    /// Counts a connection that is served for its address, which may change its standing. Where it is still served,
    /// <see cref="LeaveAddress"/> is due as well.
    /// </summary>
    public ConnectionStanding EnterAddress(ClientNetwork client)
    {
        if (maxPerAddress == 0) return ConnectionStanding.Served;
        lock (_gate)
        {
            var count = _perAddress.GetValueOrDefault(client);
            if (count >= maxPerAddress)
            {
                _served--;
                return RefuseUnderLock(ConnectionStanding.OverAddress);
            }

            _perAddress[client] = count + 1;
            return ConnectionStanding.Served;
        }
    }

    public void LeaveAddress(ClientNetwork client)
    {
        if (maxPerAddress == 0) return;
        lock (_gate)
        {
            if (--_perAddress[client] == 0) _perAddress.Remove(client);
        }
    }

    public void Leave(ConnectionStanding standing)
    {
        lock (_gate)
        {
            if (standing == ConnectionStanding.Served) _served--;
            else if (standing != ConnectionStanding.TurnedAway) _refusing--;
        }
    }

    private ConnectionStanding RefuseUnderLock(ConnectionStanding standing)
    {
        if (_refusing >= MaxRefusing) return ConnectionStanding.TurnedAway;
        _refusing++;
        return standing;
    }
}
