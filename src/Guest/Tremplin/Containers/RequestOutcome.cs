namespace VmTools.Guest.Tremplin.Containers;

/// <summary>What a request to create, start, stop or delete a container is answered at once.</summary>
/// <param name="Result">The answer.</param>
/// <param name="Reason">Why it is refused; else empty.</param>
internal readonly record struct RequestOutcome(RequestResult Result, string Reason = "")
{
    public static readonly RequestOutcome Begun = new(RequestResult.Begun);
    public static readonly RequestOutcome UnderWay = new(RequestResult.UnderWay);
    public static readonly RequestOutcome AlreadyDone = new(RequestResult.AlreadyDone);
    public static readonly RequestOutcome NoSuchContainer = new(RequestResult.NoSuchContainer);

    public static RequestOutcome Refused(string reason) => new(RequestResult.Refused, reason);
}

/// <summary>How a request is answered.</summary>
internal enum RequestResult
{
    Begun,

    /// <summary>An earlier request has begun the same.</summary>
    UnderWay,

    /// <summary>It is as the request wants it: there, running or stopped.</summary>
    AlreadyDone,
    NoSuchContainer,
    Refused,
}
