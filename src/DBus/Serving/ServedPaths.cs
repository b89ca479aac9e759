using Tmds.DBus.Protocol;
using VmTools.DBus.Link;

namespace VmTools.DBus.Serving;

/// <summary>
/// All objects of a connection. It takes every call that arrives, finds the object, and answers the standard interfaces
/// (section "Standard Interfaces" of the D-Bus specification; the library answers Peer itself).
/// </summary>
internal sealed class ServedPaths(BusLink link, SignalDelivery signals, TimeProvider clock) : IPathMethodHandler, IDisposable
{
    private readonly Lock _gate = new();
    private readonly CallerUids _callers = new(link, signals, clock);
    private Dictionary<string, ServedTarget> _targets = new(StringComparer.Ordinal);
    private bool _ended;

    string IPathMethodHandler.Path => "/";

    bool IPathMethodHandler.HandlesChildPaths => true;

    internal async Task AddAsync(ServedObject served)
    {
        if (!BusSyntax.IsObjectPath(served.Path) || served.Interfaces.FirstOrDefault(one => !BusSyntax.IsInterface(one.Name)) is not null)
        {
            throw new DBusException(BusErrors.InvalidArgs, $"The path {served.Path} or an interface there breaks the syntax.");
        }

        await signals.StartAsync();
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_ended, this);
            var first = _targets.Count == 0;
            _targets = new(_targets, StringComparer.Ordinal) { { served.Path, new ServedTarget(link, _callers, served) } };
            if (first)
            {
                link.Serve(this);
            }
        }
    }

    /// <summary>Refuses new calls, cancels the handlers and waits until the last has answered.</summary>
    internal async Task EndAsync()
    {
        lock (_gate)
        {
            _ended = true;
        }

        foreach (var target in _targets.Values)
        {
            await target.EndAsync();
        }
    }

    /// <summary>Only after <see cref="EndAsync"/>.</summary>
    public void Dispose()
    {
        foreach (var target in Interlocked.Exchange(ref _targets, []).Values)
        {
            target.Dispose();
        }
    }

    /// <summary>How many callers' uids are remembered.</summary>
    internal int RememberedCallers => _callers.Count;

    public ValueTask HandleMethodAsync(MethodContext context)
    {
        context.DisposesAsynchronously = true;
        try
        {
            Receive(context);
        }
        catch (DBusException refused)
        {
            ServedCall.Refuse(link, context, refused);
        }

        return ValueTask.CompletedTask;
    }

    private void Receive(MethodContext context)
    {
        var path = context.Request.PathAsString ?? "";
        var target = Volatile.Read(ref _targets).GetValueOrDefault(path);
        if (context.IsDBusIntrospectRequest)
        {
            Introspect(context, path, target);
        }
        else if (target is null)
        {
            throw new DBusException(BusErrors.UnknownObject, $"There is no object {path}.");
        }
        else if (context.IsPropertiesInterfaceRequest)
        {
            AnswerProperties(context, target.Served);
        }
        else
        {
            target.Receive(context);
        }
    }

    /// <summary>A path above an object's is one too, and names what is below it.</summary>
    private void Introspect(MethodContext context, string path, ServedTarget? target)
    {
        var above = path == "/" ? path : path + "/";
        var children = _targets.Keys
            .Where(served => served.Length > above.Length && served.StartsWith(above, StringComparison.Ordinal))
            .Select(served => served[above.Length..].Split('/')[0])
            .Distinct()
            .ToArray();
        if (target is null && children.Length == 0)
        {
            throw new DBusException(BusErrors.UnknownObject, $"There is no object {path}.");
        }

        using var writer = context.CreateReplyWriter("s");
        writer.WriteString(IntrospectionText.Of(target?.Served.Interfaces ?? [], children));
        Answer(context, writer.CreateMessage());
    }

    /// <summary>Our objects have no properties.</summary>
    private void AnswerProperties(MethodContext context, ServedObject served)
    {
        if (!context.Request.Member.SequenceEqual("GetAll"u8) || !context.Request.Signature.SequenceEqual("s"u8))
        {
            throw new DBusException(BusErrors.UnknownProperty, $"{served.Path} has no such property.");
        }

        var name = context.Request.GetBodyReader().ReadString();
        if (served.Interfaces.All(described => described.Name != name))
        {
            throw new DBusException(BusErrors.UnknownInterface, $"{served.Path} has no interface '{name}'.");
        }

        using var writer = context.CreateReplyWriter("a{sv}");
        writer.WriteDictionaryEnd(writer.WriteDictionaryStart());
        Answer(context, writer.CreateMessage());
    }

    private void Answer(MethodContext context, MessageBuffer answer)
    {
        link.Owe(1024);
        context.Reply(answer);
        context.Dispose();
    }
}
