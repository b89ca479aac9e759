using System.Globalization;
using System.Text;

namespace VmTools.DBus.Serving;

/// <summary>What an object says of itself: section "Introspection Data Format" of the D-Bus specification.</summary>
internal static class IntrospectionText
{
    private const string Standard = """
        <!DOCTYPE node PUBLIC "-//freedesktop//DTD D-BUS Object Introspection 1.0//EN"
         "http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd">
        <node>
         <interface name="org.freedesktop.DBus.Peer">
          <method name="Ping"/>
          <method name="GetMachineId">
           <arg type="s" name="machine_uuid" direction="out"/>
          </method>
         </interface>
         <interface name="org.freedesktop.DBus.Introspectable">
          <method name="Introspect">
           <arg name="xml_data" type="s" direction="out"/>
          </method>
         </interface>
         <interface name="org.freedesktop.DBus.Properties">
          <method name="Get">
           <arg name="interface_name" direction="in" type="s"/>
           <arg name="property_name" direction="in" type="s"/>
           <arg name="value" direction="out" type="v"/>
          </method>
          <method name="GetAll">
           <arg name="interface_name" direction="in" type="s"/>
           <arg name="props" direction="out" type="a{sv}"/>
          </method>
          <method name="Set">
           <arg name="interface_name" direction="in" type="s"/>
           <arg name="property_name" direction="in" type="s"/>
           <arg name="value" direction="in" type="v"/>
          </method>
          <signal name="PropertiesChanged">
           <arg type="s" name="interface_name"/>
           <arg type="a{sv}" name="changed_properties"/>
           <arg type="as" name="invalidated_properties"/>
          </signal>
         </interface>

        """;

    internal static string Of(IReadOnlyList<ServedInterface> interfaces, IReadOnlyList<string> children)
    {
        var text = new StringBuilder(Standard);
        foreach (var described in interfaces)
        {
            Append(text, described);
        }

        foreach (var child in children)
        {
            text.Append(CultureInfo.InvariantCulture, $" <node name=\"{child}\"/>\n");
        }

        return text.Append("</node>\n").ToString();
    }

    /// <summary>Names of the bus and types hold no character that XML would need escaped.</summary>
    private static void Append(StringBuilder text, ServedInterface described)
    {
        text.Append(CultureInfo.InvariantCulture, $" <interface name=\"{described.Name}\">\n");
        foreach (var method in described.Methods)
        {
            text.Append(CultureInfo.InvariantCulture, $"  <method name=\"{method.Member}\">\n");
            AppendArguments(text, method.In, method.InNames, " direction=\"in\"");
            AppendArguments(text, method.Out, method.OutNames, " direction=\"out\"");
            text.Append("  </method>\n");
        }

        foreach (var signal in described.Signals)
        {
            text.Append(CultureInfo.InvariantCulture, $"  <signal name=\"{signal.Member}\">\n");
            AppendArguments(text, signal.Signature, signal.Names, "");
            text.Append("  </signal>\n");
        }

        text.Append(" </interface>\n");
    }

    private static void AppendArguments(StringBuilder text, string signature, IReadOnlyList<string> names, string direction)
    {
        var index = 0;
        foreach (var type in TypesOf(signature))
        {
            var name = index < names.Count ? $" name=\"{names[index]}\"" : "";
            text.Append(CultureInfo.InvariantCulture, $"   <arg type=\"{type}\"{direction}{name}/>\n");
            index++;
        }
    }

    /// <summary>The complete types of a signature, of the kinds that <see cref="BusBody"/> has: a letter, or an array of one.</summary>
    private static IEnumerable<string> TypesOf(string signature)
    {
        for (var index = 0; index < signature.Length; index++)
        {
            yield return signature[index] == 'a' ? signature.Substring(index++, 2) : signature[index].ToString();
        }
    }
}
