namespace VmTools.Guest.Maitred.Verbs;

/// <summary>Ends the VM: by ourselves as PID 1, by somebody else where another program is.</summary>
internal interface IShutDown
{
    /// <summary>Not cancellable: half a shutdown is no state to be in.</summary>
    Task RunAsync();
}
