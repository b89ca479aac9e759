using System.Globalization;
using System.Security.Cryptography;
using VmTools.Linux;
using VmTools.Protocol;

namespace VmTools.Host.Vmc.Containers;

/// <summary>
/// The file that an archive is written into. It has another name until it is whole, and is gone when that does not come about; it replaces
/// nothing.
/// </summary>
internal sealed class ExportFile : IDisposable
{
    private readonly string _target;
    private readonly string _temporary;
    private readonly FileStream _stream;

    private ExportFile(string target)
    {
        _target = target;
        _temporary = Path.Combine(
            Path.GetDirectoryName(target) ?? "/",
            string.Create(CultureInfo.InvariantCulture, $".vmc-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}"));
        _stream = new FileStream(
            _temporary,
            new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                BufferSize = 0,
                UnixCreateMode = FileModes.OwnerReadsAndWrites,
            });
    }

    /// <summary>How an archive of this name is compressed: empty, "zstd" or "gzip".</summary>
    public static string CompressionOf(string name) => Path.GetExtension(name) switch
    {
        ".zst" or ".tzst" => "zstd",
        ".gz" or ".tgz" => "gzip",
        _ => "",
    };

    /// <exception cref="VmToolsException">There is a file, or none can be made.</exception>
    public static ExportFile New(string path)
    {
        var target = Path.GetFullPath(path);
        if (FileStatus.OfPath(target) is not null)
        {
            throw new VmToolsException(
                ErrorKind.AlreadyExists, $"'{path}' is there already, and an export replaces nothing. Name another file.");
        }

        try
        {
            return new ExportFile(target);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new VmToolsException(ErrorKind.PermissionDenied, $"'{path}' cannot be made: {refused.Message}", refused);
        }
    }

    /// <summary>The open file, for somebody else to write.</summary>
    public FdHandle Descriptor() => FdHandle.DuplicateOf((int)_stream.SafeFileHandle.DangerousGetHandle());

    /// <exception cref="VmToolsException">It could not be kept.</exception>
    public void Keep()
    {
        try
        {
            _stream.Flush(flushToDisk: true);
            File.Move(_temporary, _target, overwrite: false);
        }
        catch (IOException failure)
        {
            throw new VmToolsException(ErrorKind.Internal, $"The archive could not be kept as '{_target}': {failure.Message}", failure);
        }
    }

    public void Dispose()
    {
        _stream.Dispose();
        File.Delete(_temporary);
    }
}
