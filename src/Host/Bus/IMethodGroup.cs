using VmTools.DBus;

namespace VmTools.Host.Bus;

/// <summary>
/// Methods on the bus about one subject. Each is a line here, a use case that it calls, and the conversion between the two.
/// </summary>
internal interface IMethodGroup
{
    /// <summary>The methods of the original's interface.</summary>
    IEnumerable<ServedMethod> Methods { get; }

    /// <summary>The methods of vmtools' own interface: what the original's messages have no field for.</summary>
    IEnumerable<ServedMethod> OwnMethods { get; }
}
