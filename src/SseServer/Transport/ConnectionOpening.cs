namespace SseServer.Transport;

/// <summary>Takes a connection from its first byte to where requests begin. It ends with that, so that a stream costs none of it.</summary>
internal static class ConnectionOpening
{
    public static void Start(Connection connection, TransportContext context) => _ = RunAsync(connection, context);

    private static async Task RunAsync(Connection connection, TransportContext context)
    {
        try
        {
            if (await connection.ReadProxyHeaderAsync() && await connection.NegotiateAsync()) connection.EndOpening();
            else connection.BeginLinger();
        }
        catch (Exception e)
        {
            TransportLog.TransportFault(context.Logger, e, connection.Id);
            connection.Abort(CloseReason.TransportFault);
            connection.Close();
        }
    }
}
