using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;
using VmTools.Host.Instance;
using VmTools.Host.Vms;
using VmTools.Linux;
using VmTools.Linux.Files;

namespace VmTools.Host.Cicerone.Containers;

/// <summary>
/// What a restarted vm_cicerone recognises the secrets of running containers by: their digests in a file of the runtime directory, each
/// bound to one run of its VM. No secret stands in it.
/// </summary>
/// <param name="path">The file.</param>
/// <param name="containers">The table that it follows.</param>
/// <param name="vms">Tell which run of a VM there is.</param>
/// <param name="log">Is told when it cannot be written.</param>
internal sealed partial class TokenFile(string path, ContainerTable containers, RunningVms vms, ILogger log)
{
    private const int MostBytes = 1 << 20;

    private readonly Lock _lock = new();
    private readonly ILogger _log = log;
    private byte[] _written = [];

    /// <summary>Gives the table what stands in the file of VMs that still run, and follows the table from then on.</summary>
    public void Open()
    {
        foreach (var line in Read())
        {
            if (OwnerId.TryParse(line.Owner ?? "", out var owner)
                && VmName.TryParse(line.Vm ?? "", out var vm)
                && ContainerName.TryParse(line.Container ?? "", out var name)
                && vms.RunOf(new VmId(owner, vm)) == line.Run)
            {
                containers.Restore(new VmId(owner, vm), Former(name, line));
            }
        }

        containers.Changed = Save;
        Save();
    }

    /// <summary>One with a secret of its run has come up.</summary>
    private static KnownContainer Former(ContainerName name, TokenLine line)
    {
        var runs = TokenDigest.TryParse(line.Digest, out var digest);
        return new KnownContainer(name, runs ? ContainerState.Running : ContainerState.Starting)
        {
            Digest = digest,
            PendingDigest = TokenDigest.TryParse(line.Pending, out var pending) ? pending : null,
            IsRegistered = line.Registered,
        };
    }

    private IReadOnlyList<TokenLine> Read()
    {
        try
        {
            return JsonSerializer.Deserialize(SmallFile.Read(path, MostBytes), TokenLineJson.Default.IReadOnlyListTokenLine) ?? [];
        }
        catch (Exception broken) when (broken is JsonException or IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private void Save()
    {
        lock (_lock)
        {
            IReadOnlyList<TokenLine> lines =
            [
                .. containers.WithSecrets().Select(entry => LineOf(entry.Vm, entry.Container)).OfType<TokenLine>(),
            ];
            var bytes = JsonSerializer.SerializeToUtf8Bytes(lines, TokenLineJson.Default.IReadOnlyListTokenLine);
            if (bytes.AsSpan().SequenceEqual(_written))
            {
                return;
            }

            try
            {
                AtomicFile.Write(path, bytes, FileModes.OwnerReadsAndWrites);
                _written = bytes;
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                LogNotKept(path, failure.Message);
            }
        }
    }

    private TokenLine? LineOf(VmId vm, KnownContainer container) => vms.RunOf(vm) is { } run
        ? new TokenLine
        {
            Owner = vm.Owner.Value,
            Vm = vm.Name.Value,
            Run = run,
            Container = container.Name.Value,
            Digest = container.Digest?.Hex,
            Pending = container.PendingDigest?.Hex,
            Registered = container.IsRegistered,
        }
        : null;

    [LoggerMessage(3341, LogLevel.Warning, "{Path} could not be written; a restarted vm_cicerone will not know the containers: {Why}")]
    private partial void LogNotKept(string path, string why);
}

/// <summary>One container in the file.</summary>
internal sealed record TokenLine
{
    public string? Owner { get; init; }

    public string? Vm { get; init; }

    public string? Run { get; init; }

    public string? Container { get; init; }

    public string? Digest { get; init; }

    public string? Pending { get; init; }

    public bool Registered { get; init; }
}

/// <summary>The JSON shape of the file, generated at build time.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(IReadOnlyList<TokenLine>))]
internal sealed partial class TokenLineJson : JsonSerializerContext;
