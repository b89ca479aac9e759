using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;
using VmTools.Host.Instance;
using VmTools.Host.Vms;
using VmTools.Linux;
using VmTools.Linux.Files;

namespace VmTools.Host.Concierge.Vms;

/// <summary>
/// The last ending of each VM, one small file beside its disk (<c>STATE/OWNER/NAME.ending</c>), written whole. An ending that
/// cannot be kept or read is told by the log alone.
/// </summary>
internal sealed partial class VmEndings(InstanceDirectories directories, ILogger log)
{
    public const string Extension = ".ending";

    /// <summary>One owner has so many at most; the oldest go. Names are the caller's to choose, so there must be an end to them.</summary>
    public const int Most = 256;

    private const int LongestFile = 16 * 1024;

    public void Keep(VmId id, VmEnding ending)
    {
        try
        {
            var directory = Directory.CreateDirectory(DirectoryOf(id.Owner), FileModes.GroupMayLook);
            AtomicFile.Write(
                PathOf(id), JsonSerializer.SerializeToUtf8Bytes(ending, VmEndingJson.Default.VmEnding), FileModes.OwnerReadsAndWrites);
            foreach (var old in directory.GetFiles("*" + Extension).OrderByDescending(file => file.LastWriteTimeUtc).Skip(Most))
            {
                old.Delete();
            }
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            LogNotKept(id.Name.Value, ending.Sentence, refused.Message);
        }
    }

    /// <summary>The endings of one owner's VMs that have ended at least once, by name.</summary>
    public IReadOnlyDictionary<VmName, VmEnding> OfOwner(OwnerId owner)
    {
        var endings = new Dictionary<VmName, VmEnding>();
        foreach (var path in Directory.Exists(DirectoryOf(owner)) ? Directory.EnumerateFiles(DirectoryOf(owner), "*" + Extension) : [])
        {
            if (VmName.TryFromFileName(Path.GetFileNameWithoutExtension(path), out var name) && TryRead(path) is { } ending)
            {
                endings[name] = ending;
            }
        }

        return endings;
    }

    private static VmEnding? TryRead(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(SmallFile.Read(path, LongestFile), VmEndingJson.Default.VmEnding);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    private string PathOf(VmId id) => Path.Combine(DirectoryOf(id.Owner), id.Name.FileName + Extension);

    private string DirectoryOf(OwnerId owner) => Path.Combine(directories.State, owner.Value);

    [LoggerMessage(3042, LogLevel.Warning, "VM {Vm}: how it ended ('{Sentence}') could not be kept: {Why}")]
    private partial void LogNotKept(string vm, string sentence, string why);
}

/// <summary>The JSON shape of the endings, generated at build time.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UseStringEnumConverter = true)]
[JsonSerializable(typeof(VmEnding))]
internal sealed partial class VmEndingJson : JsonSerializerContext;
