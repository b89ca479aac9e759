using VmTools.Linux;

namespace VmTools.Guest.Tremplin.Lxc;

/// <summary>The control groups that LXC makes for a container (cgroups(7)): its processes' and its monitor's.</summary>
internal sealed class Cgroups(string root, TimeProvider clock)
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    public static string Payload(ContainerName name) => $"lxc.payload.{name}";

    public static string Monitor(ContainerName name) => $"lxc.monitor.{name}";

    /// <summary>Kills all processes of a container, however many they become meanwhile; one without any is fine.</summary>
    public void Kill(ContainerName name) => Kill($"{root}/{Payload(name)}");

    /// <summary>Kills what is left of a container and takes its groups away.</summary>
    /// <exception cref="IOException">A process would not end.</exception>
    public async Task RemoveAsync(ContainerName name, CancellationToken cancel)
    {
        foreach (var group in new[] { Monitor(name), Payload(name) }.Select(leaf => $"{root}/{leaf}").Where(Directory.Exists))
        {
            Kill(group);
            await UntilEmptyAsync(group, cancel);
            Remove(group);
        }
    }

    private static void Kill(string group)
    {
        try
        {
            using var kill = FdHandle.Open($"{group}/cgroup.kill", OpenFlags.WriteOnly);
            _ = Fd.TryWrite(kill, "1"u8, out _);
        }
        catch (LinuxException gone) when (gone.Errno is Errno.ENOENT or Errno.ENODEV)
        {
            // LXC has taken it away itself.
        }
    }

    private async Task UntilEmptyAsync(string group, CancellationToken cancel)
    {
        var began = clock.GetTimestamp();
        while (IsPopulated(group))
        {
            if (clock.GetElapsedTime(began) >= Limit)
            {
                throw new LinuxException(Errno.EBUSY, "end all processes of", group);
            }

            await Task.Delay(BetweenLooks, clock, cancel);
        }
    }

    private static bool IsPopulated(string group)
    {
        try
        {
            return File.ReadAllText($"{group}/cgroup.events").Contains("populated 1", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>The groups inside it first. The files in a group go with it.</summary>
    private static void Remove(string group)
    {
        try
        {
            foreach (var inner in Directory.EnumerateDirectories(group))
            {
                Remove(inner);
            }

            Directory.Delete(group);
        }
        catch (DirectoryNotFoundException)
        {
            // LXC was faster.
        }
    }
}
