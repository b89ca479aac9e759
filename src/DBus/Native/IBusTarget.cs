namespace VmTools.DBus.Native;

/// <summary>
/// Something that sd-bus calls back: a call that waits for its reply, a subscription, a served interface. Both methods run
/// on the bus thread.
/// </summary>
internal interface IBusTarget
{
    /// <summary>A message for this target, borrowed. The result goes back to sd-bus.</summary>
    int Received(nint message);

    /// <summary>The bus goes away: give back slots and messages and tell whoever waits.</summary>
    void Closed(DBusException why);
}
