using System.Text;
using Microsoft.Extensions.Logging;
using VmTools.Linux;
using VmTools.Linux.Files;

namespace VmTools.Guest.Tremplin.Storage;

/// <summary>
/// The directories of containers on the stateful disk. One appears whole and disappears whole, by a rename: what a kill left half made or
/// half deleted is removed at the next start.
/// </summary>
/// <param name="paths">Where they are.</param>
/// <param name="give">Gives a file or directory to the container's root.</param>
/// <param name="log">Is told of directories that are no containers.</param>
internal sealed partial class ContainerStore(TremplinPaths paths, Action<string, UidRange> give, ILogger log)
{
    private const string RecordFile = "container.json";

    /// <summary>0711: the container's root, an ordinary user of the VM, must get through to its own root directory.</summary>
    private const UnixFileMode Passage = FileModes.OwnerDoesAll | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>What every container has, whatever its image; LXC mounts onto the last three.</summary>
    private static readonly string[] OwnDirectories = ["", "/etc", "/dev", "/proc", "/sys"];

    private const UnixFileMode ForAll = (UnixFileMode)0x1A4; // 0644
    private const UnixFileMode DirectoryForAll = (UnixFileMode)0x1ED; // 0755

    /// <summary>The containers that are there.</summary>
    public IReadOnlyList<ContainerRecord> Read()
    {
        Directory.CreateDirectory(paths.State, Passage);
        var records = new List<ContainerRecord>();
        foreach (var directory in Directory.EnumerateDirectories(paths.State))
        {
            if (ContainerName.TryParse(Path.GetFileName(directory), out var name))
            {
                if (TryRead(name, out var problem) is { } record)
                {
                    records.Add(record);
                }
                else
                {
                    LogUnreadable(name, problem);
                }
            }
        }

        return records;
    }

    /// <summary>
    /// What is neither a container nor an image nor a snapshot: leavings of what was made, deleted or copied and did not get to its
    /// end.
    /// </summary>
    public IReadOnlyList<string> Leavings() =>
    [
        .. Directory.EnumerateDirectories(paths.State, ".new-*"),
        .. Directory.EnumerateDirectories(paths.State, ".gone-*"),
        .. Directory.EnumerateDirectories(paths.State).Where(directory => Path.GetFileName(directory)[0] != '.')
            .SelectMany(directory => new[] { directory, $"{directory}/snapshots" })
            .Where(Directory.Exists)
            .SelectMany(directory => Directory.EnumerateDirectories(directory, ".*")),
    ];

    /// <summary>Makes the directory of a new container, with the few files of its own that the image cannot have.</summary>
    /// <param name="record">The container.</param>
    /// <param name="nameServer">The address that it asks for names.</param>
    public void Make(ContainerRecord record, string nameServer)
    {
        var place = Begin(record);
        foreach (var directory in OwnDirectories.Select(name => $"{place}/upper{name}"))
        {
            Directory.CreateDirectory(directory);
            File.SetUnixFileMode(directory, DirectoryForAll);
            give(directory, record.Ids);
        }

        // No program of the container has run yet: nothing below can be a link of its making.
        WriteFor(record.Ids, $"{place}/upper/etc/hostname", $"{record.Name}\n");
        WriteFor(record.Ids, $"{place}/upper/etc/hosts", $"127.0.0.1\tlocalhost\n127.0.1.1\t{record.Name}\n::1\tlocalhost ip6-localhost\n");
        WriteFor(record.Ids, $"{place}/upper/etc/resolv.conf", $"nameserver {nameServer}\n");
        Finish(record);
    }

    /// <summary>Makes the directory of a container of which all files come from elsewhere.</summary>
    /// <param name="record">The container.</param>
    /// <param name="makeUpper">Makes the directory that it gets, for what the container has written.</param>
    public async Task MakeFromAsync(ContainerRecord record, Func<string, Task> makeUpper)
    {
        await makeUpper($"{Begin(record)}/upper");
        Finish(record);
    }

    /// <summary>Where a container is made.</summary>
    public string PlaceOfNew(ContainerName name) => paths.New(name);

    /// <summary>The record that stands in a directory, as of a snapshot; null where there is none of this version.</summary>
    public static ContainerRecord? TryReadIn(string directory, ContainerName name)
    {
        try
        {
            var text = SmallFile.Read($"{directory}/{RecordFile}", ContainerRecordText.MaxBytes);
            return ContainerRecordText.TryParse(name, text, out var record) ? record : null;
        }
        catch (LinuxException)
        {
            return null;
        }
    }

    public static void WriteIn(string directory, ContainerRecord record) =>
        AtomicFile.Write($"{directory}/{RecordFile}", ContainerRecordText.Of(record), FileModes.OwnerReadsAndWrites);

    public void Write(ContainerRecord record) => WriteIn(paths.Of(record.Name), record);

    /// <summary>From here on there is no such container; returns what is left to be removed.</summary>
    public string MarkGone(ContainerName name)
    {
        var gone = paths.Gone(name);
        Directory.Move(paths.Of(name), gone);
        return gone;
    }

    private string Begin(ContainerRecord record)
    {
        var place = paths.New(record.Name);
        Directory.CreateDirectory(place, Passage);
        Directory.CreateDirectory($"{place}/work", FileModes.OwnerDoesAll);
        Directory.CreateDirectory($"{place}/rootfs", Passage);
        return place;
    }

    private void Finish(ContainerRecord record)
    {
        var place = paths.New(record.Name);
        WriteIn(place, record);
        Directory.Move(place, paths.Of(record.Name));
    }

    private ContainerRecord? TryRead(ContainerName name, out string problem)
    {
        try
        {
            problem = $"its {RecordFile} is not one of this version";
            var text = SmallFile.Read($"{paths.Of(name)}/{RecordFile}", ContainerRecordText.MaxBytes);
            return ContainerRecordText.TryParse(name, text, out var record) ? record : null;
        }
        catch (LinuxException failure)
        {
            problem = failure.Message;
            return null;
        }
    }

    private void WriteFor(UidRange owner, string path, string text)
    {
        File.WriteAllBytes(path, Encoding.UTF8.GetBytes(text));
        File.SetUnixFileMode(path, ForAll);
        give(path, owner);
    }

    [LoggerMessage(1861, LogLevel.Error, "container {Name} is left alone: {Problem}")]
    private partial void LogUnreadable(ContainerName name, string problem);
}
