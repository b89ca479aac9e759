using Microsoft.Extensions.Logging;
using VmTools.Guest.HostCall;
using VmTools.Guest.Tremplin.Lxc;
using VmTools.Guest.Tremplin.Storage;

namespace VmTools.Guest.Tremplin.Containers;

/// <summary>What each container needs of the rest of tremplin.</summary>
/// <param name="Runtime">Runs it.</param>
/// <param name="Store">Keeps its record and its files.</param>
/// <param name="RemoveTree">Removes a directory with all that a stranger has put into it.</param>
/// <param name="Unpack">Makes an image, by the name that it is given, of files in the VM; tells in percent how far it is.</param>
/// <param name="Tell">Tells the host; returns at once.</param>
/// <param name="Clock">For the limits.</param>
/// <param name="Log">Is told what changes.</param>
internal sealed record ContainerDependencies(
    IContainerRuntime Runtime,
    ContainerStore Store,
    Func<string, CancellationToken, Task> RemoveTree,
    Func<ImageSource, Guid, Action<int>, CancellationToken, Task> Unpack,
    Action<ContainerNotice> Tell,
    TimeProvider Clock,
    ILogger Log);
