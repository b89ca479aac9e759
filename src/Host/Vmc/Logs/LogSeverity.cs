namespace VmTools.Host.Vmc.Logs;

/// <summary>Syslog's severities by their usual names; the number is what a record has.</summary>
internal static class LogSeverity
{
    public static readonly string[] Names = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"];

    /// <summary>A name, one of its other spellings, or a number.</summary>
    public static bool TryParse(string text, out int severity)
    {
        var name = text.ToLowerInvariant() switch
        {
            "emergency" or "panic" => "emerg",
            "critical" => "crit",
            "error" => "err",
            "warn" => "warning",
            var other => other,
        };
        severity = text is [>= '0' and <= '7'] ? text[0] - '0' : Array.IndexOf(Names, name);
        return severity >= 0;
    }
}
