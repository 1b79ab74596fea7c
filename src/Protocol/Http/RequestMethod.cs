namespace SseServer.Protocol.Http;

/// <summary>The methods of RFC 9110 section 9 and RFC 5789; the name of any other is in <see cref="RequestHead.MethodName"/>.</summary>
public enum RequestMethod
{
    /// <summary>GET.</summary>
    Get,

    /// <summary>HEAD.</summary>
    Head,

    /// <summary>OPTIONS.</summary>
    Options,

    /// <summary>POST.</summary>
    Post,

    /// <summary>PUT.</summary>
    Put,

    /// <summary>DELETE.</summary>
    Delete,

    /// <summary>PATCH.</summary>
    Patch,

    /// <summary>CONNECT.</summary>
    Connect,

    /// <summary>TRACE.</summary>
    Trace,

    /// <summary>Any other. Methods are case-sensitive, so <c>get</c> is one of these.</summary>
    Other,
}
