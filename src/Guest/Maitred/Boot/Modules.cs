using Microsoft.Extensions.Logging;
using VmTools.Linux;
using VmTools.Linux.MachineFacts;

namespace VmTools.Guest.Maitred.Boot;

/// <summary>
/// The kernel modules the initramfs carries. A module that does not load is only logged: whether it was needed shows where
/// it is used, with a better reason.
/// </summary>
internal sealed partial class Modules
{
    public const string InitramfsDirectory = "/modules";

    private readonly ModuleOrder _order;
    private readonly ILogger _log;

    private Modules(ModuleOrder order, ILogger log) => (_order, _log) = (order, log);

    /// <summary>Null where the machine was not started from our initramfs: then another program loads its modules.</summary>
    public static Modules? Find(ILogger log)
    {
        var path = $"{InitramfsDirectory}/order";
        return File.Exists(path) ? new Modules(ModuleOrder.Parse(File.ReadAllText(path)), log) : null;
    }

    public void LoadFirst()
    {
        foreach (var name in _order.First)
        {
            Load($"{InitramfsDirectory}/{name}");
        }
    }

    /// <summary>Loads what could wait, and frees the memory the files take: the initramfs stays in RAM for ever.</summary>
    public void LoadLater(string directory, CancellationToken cancel)
    {
        foreach (var name in _order.Later)
        {
            cancel.ThrowIfCancellationRequested();
            Load($"{directory}/{name}");
        }

        foreach (var name in _order.First.Concat(_order.Later))
        {
            File.Delete($"{directory}/{name}");
        }
    }

    private void Load(string path)
    {
        try
        {
            KernelModules.Load(path);
        }
        catch (LinuxException failure)
        {
            LogNotLoaded(Path.GetFileName(path), failure.Errno);
        }
    }

    [LoggerMessage(1003, LogLevel.Warning, "module {Name} was not loaded: {Reason}")]
    private partial void LogNotLoaded(string name, Errno reason);
}
