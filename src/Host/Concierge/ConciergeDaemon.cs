using Microsoft.Extensions.Logging;
using VmTools.DBus;
using VmTools.Host.Bus;
using VmTools.Host.Instance;
using VmTools.Linux;
using VmTools.Protocol;

namespace VmTools.Host.Concierge;

/// <summary>
/// The program vm_concierge: 1. one daemon per runtime directory, 2. the bus, 3. the VMs of a former daemon, 4. the name,
/// 5. service until SIGTERM, SIGINT or the end of the bus, 6. the end, which leaves running VMs alone.
/// </summary>
internal sealed partial class ConciergeDaemon(HostInstance instance, ConciergeOptions options, ILogger log)
{
    private const int Failed = 1;
    private const int Usage = 2;

    /// <summary>Another daemon serves this instance, which is no failure of the system.</summary>
    public const int AlreadyRunning = 3;

    /// <summary>Service managers allow 30 seconds before they kill.</summary>
    private static readonly TimeSpan FarewellLimit = TimeSpan.FromSeconds(25);

    public static async Task<int> RunAsync(string[] arguments)
    {
        var instance = HostInstance.OfCaller();
        var log = LineLog.ToStandardError("vm_concierge", instance.Clock);
        if (ConciergeOptions.Parse(arguments, instance.Environment, instance.Uid, out var problem) is not { } options)
        {
            await Console.Error.WriteLineAsync($"vm_concierge: {problem}");
            return Usage;
        }

        try
        {
            return await new ConciergeDaemon(instance, options, log).RunAsync();
        }
        catch (Exception refused) when (refused is VmToolsException or DBusException)
        {
            await Console.Error.WriteLineAsync($"vm_concierge: {refused.Message}");
            return Failed;
        }
    }

    private async Task<int> RunAsync()
    {
        using var end = new EndRequest();

        // 1.
        instance.EnsureRuntime();
        using var only = FileLock.TryTake(Path.Combine(instance.Directories.Runtime, "vm_concierge.lock"));
        if (only is null)
        {
            await Console.Error.WriteLineAsync(
                $"vm_concierge: Another vm_concierge serves {instance.Directories.Runtime} already. Use that one, or set VMTOOLS_RUNTIME_DIR for a second.");
            return AlreadyRunning;
        }

        // 2.
        await using var bus = await BusConnection.OpenAsync(options.Bus, instance.Clock, CancellationToken.None);
        await using var reaper = Reaper.ForChildren();
        await using var parts = await ConciergeParts.ComposeAsync(instance, options, new ConciergeEdges(bus, reaper, log));

        // 3.
        var ended = await parts.AdoptAsync();

        // 4.
        await bus.ServeAsync(parts.Object.Build());
        if (await bus.RequestNameAsync(ConciergeBus.Name, CancellationToken.None) != NameOutcome.Owned)
        {
            await Console.Error.WriteLineAsync($"vm_concierge: The bus {options.Bus} has another {ConciergeBus.Name} already. Use that one, or another bus.");
            return AlreadyRunning;
        }

        parts.Adopt.Tell(ended);
        LogServing(options.Bus, instance.Directories.Runtime);

        // 5.
        var first = await Task.WhenAny(end.Asked, bus.Closed);
        var lost = first == bus.Closed ? await bus.Closed : null;

        // 6.
        LogEnding(lost?.Message ?? "asked to");
        await parts.LeaveAsync(FarewellLimit);
        return first == bus.Closed ? Failed : 0;
    }

    [LoggerMessage(3000, LogLevel.Information, "Serving on bus {Bus}, runtime directory {Runtime}")]
    private partial void LogServing(string bus, string runtime);

    [LoggerMessage(3002, LogLevel.Information, "Ending: {Why}; running VMs are left alone")]
    private partial void LogEnding(string why);
}
