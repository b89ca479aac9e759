using System.CommandLine;
using VmTools.Host.Vmc.Cli;
using VmTools.Protocol.Messages.Concierge;

namespace VmTools.Host.Vmc.Machines;

/// <summary>The arguments and options of <c>vmc start</c>, named as the original names them.</summary>
internal sealed class StartArguments
{
    private readonly Argument<string> _name = CommonOptions.NewName();
    private readonly Option<uint> _timeout = CommonOptions.Count(
        "--timeout", "How many seconds the guest may take to get ready.", "SECONDS", most: 86_400);
    private readonly Option<uint> _cpus = CommonOptions.Count(
        "--cpus", "How many CPUs the VM gets; one under emulation, else all of the host's.", "N", most: 255);
    private readonly Option<uint> _memory = CommonOptions.Memory();
    private readonly Option<VmInfo.Types.VmType> _type = CommonOptions.Type();
    private readonly Option<string?> _kernel = File("--kernel", "A kernel instead of the image's.");
    private readonly Option<string?> _initrd = File("--initrd", "An initramfs instead of the image's.");
    private readonly Option<string?> _rootfs = File("--rootfs", "A root file system instead of the image's.");
    private readonly Option<bool> _writable = new("--writable-rootfs") { Description = "Let the guest write to its root file system." };

    private readonly Option<bool> _loopback = new("--host-loopback")
    {
        Description =
            "Let the guest reach services on this machine's loopback, at 10.0.2.2. "
            + "They trust whoever can, so take it for a guest you trust.",
    };

    private readonly Option<bool> _noShell = new("--no-shell")
    {
        Description = "Accepted for the original's scripts: 'vsh NAME' opens the shell."
    };

    private readonly Option<string[]> _disks = new("--extra-disk")
    {
        Description = "One more disk; may be given several times.",
        HelpName = "PATH",
        Arity = new ArgumentArity(1, 100),
        AllowMultipleArgumentsPerToken = false,
    };

    private readonly Option<string[]> _parameters = new("--kernel-param")
    {
        Description = "A word for the kernel's command line; may be given several times.",
        HelpName = "WORD",
        Arity = new ArgumentArity(1, 100),
        AllowMultipleArgumentsPerToken = false,
    };

    public void AddTo(Command verb)
    {
        verb.Add(_name);
        Option[] options = [_timeout, _cpus, _memory, _type, _kernel, _initrd, _rootfs, _writable, _disks, _parameters, _loopback,
            _noShell];
        foreach (var option in options)
        {
            verb.Add(option);
        }
    }

    public StartOptions Read(ParseResult parsed) => new(parsed.GetRequiredValue(_name))
    {
        TimeoutSeconds = parsed.GetValue(_timeout),
        Cpus = parsed.GetValue(_cpus),
        MemoryMiB = parsed.GetValue(_memory) is > 0 and var memory ? memory : null,
        Type = parsed.GetValue(_type),
        Kernel = parsed.GetValue(_kernel),
        Initrd = parsed.GetValue(_initrd),
        Rootfs = parsed.GetValue(_rootfs),
        ReachesHostLoopback = parsed.GetValue(_loopback),
        IsRootWritable = parsed.GetValue(_writable),
        ExtraDisks = parsed.GetValue(_disks) ?? [],
        KernelParameters = parsed.GetValue(_parameters) ?? [],
    };

    private static Option<string?> File(string name, string description) => new(name) { Description = description, HelpName = "PATH" };
}
