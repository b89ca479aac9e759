using VmTools.Linux;
using VmTools.Protocol;

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

    /// <summary>Completes when no process of the container runs any more.</summary>
    /// <exception cref="VmToolsException">One would not stop; all go on.</exception>
    public async Task FreezeAsync(ContainerName name, CancellationToken cancel)
    {
        var group = $"{root}/{Payload(name)}";
        Write(group, "cgroup.freeze", "1"u8);
        var began = clock.GetTimestamp();
        while (!Says(group, "frozen 1"))
        {
            if (clock.GetElapsedTime(began) >= Limit)
            {
                Thaw(name);
                throw new VmToolsException(ErrorKind.DeadlineExceeded, $"container {name} could not be frozen");
            }

            await Task.Delay(BetweenLooks, clock, cancel);
        }
    }

    public void Thaw(ContainerName name) => Write($"{root}/{Payload(name)}", "cgroup.freeze", "0"u8);

    private static void Kill(string group) => Write(group, "cgroup.kill", "1"u8);

    private static void Write(string group, string file, ReadOnlySpan<byte> word)
    {
        try
        {
            using var opened = FdHandle.Open($"{group}/{file}", OpenFlags.WriteOnly);
            _ = Fd.TryWrite(opened, word, out _);
        }
        catch (LinuxException gone) when (gone.Errno is Errno.ENOENT or Errno.ENODEV)
        {
            // LXC has taken it away itself.
        }
    }

    private async Task UntilEmptyAsync(string group, CancellationToken cancel)
    {
        var began = clock.GetTimestamp();
        while (Says(group, "populated 1"))
        {
            if (clock.GetElapsedTime(began) >= Limit)
            {
                throw new LinuxException(Errno.EBUSY, "end all processes of", group);
            }

            await Task.Delay(BetweenLooks, clock, cancel);
        }
    }

    /// <summary>Whether its cgroup.events says so; a group that is gone says nothing.</summary>
    private static bool Says(string group, string line)
    {
        try
        {
            return File.ReadAllText($"{group}/cgroup.events").Contains(line, StringComparison.Ordinal);
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
