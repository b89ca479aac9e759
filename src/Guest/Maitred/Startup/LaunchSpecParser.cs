using System.Diagnostics.CodeAnalysis;
using System.Text;
using VmTools.Guest.Maitred.Supervision;
using VmTools.Guest.TextFormat;

namespace VmTools.Guest.Maitred.Startup;

/// <summary>
/// Reads a LaunchProcessRequest in protobuf text format: the files of /etc/maitred. The protobuf library for C# has no
/// reader of this format. Strict: an unknown field, a singular field given twice or anything left over refuses the file.
/// </summary>
internal sealed class LaunchSpecParser
{
    /// <summary>A start-up entry is a few lines; anything larger is not one.</summary>
    public const int MaxBytes = 64 * 1024;

    private readonly Lexer _lexer;
    private readonly List<string> _arguments = [];
    private readonly Dictionary<string, string> _environment = new(StringComparer.Ordinal);
    private readonly Dictionary<string, bool> _flags = new(StringComparer.Ordinal);
    private Token _next;
    private string? _problem;

    private LaunchSpecParser(string text)
    {
        _lexer = new Lexer(text);
        _next = _lexer.Next();
    }

    public static bool TryParse(
        ReadOnlySpan<byte> file, [NotNullWhen(true)] out LaunchSpec? spec, [NotNullWhen(false)] out string? problem)
    {
        spec = null;
        if (file.Length > MaxBytes)
        {
            problem = $"the file is larger than {MaxBytes} bytes";
            return false;
        }

        if (!System.Text.Unicode.Utf8.IsValid(file))
        {
            problem = "the file is not UTF-8";
            return false;
        }

        var parser = new LaunchSpecParser(Encoding.UTF8.GetString(file));
        if (!parser.TryMessage())
        {
            problem = parser._problem ?? "the file is not a LaunchProcessRequest";
            return false;
        }

        spec = parser.Spec();
        problem = spec.Problem();
        spec = problem is null ? spec : null;
        return problem is null;
    }

    private LaunchSpec Spec() => new()
    {
        Arguments = _arguments,
        Environment = _environment,
        Respawn = _flags.GetValueOrDefault("respawn"),
        UseConsole = _flags.GetValueOrDefault("use_console"),
        WaitForExit = _flags.GetValueOrDefault("wait_for_exit"),
    };

    private bool TryMessage()
    {
        while (_next.Kind != TokenKind.End)
        {
            if (!TryField())
            {
                return false;
            }

            SkipSeparator();
        }

        return true;
    }

    private bool TryField()
    {
        if (!TryWord("the name of a field", out var name))
        {
            return false;
        }

        return name switch
        {
            "argv" => TrySymbol(':') && TryOneOrList(TryArgument),
            "env" => TrySkipColon() && TryOneOrList(TryEnvironmentEntry),
            "respawn" or "use_console" or "wait_for_exit" => TrySymbol(':') && TryFlag(name),
            _ => Fail($"the field '{name}' does not exist"),
        };
    }

    /// <summary>A repeated field takes one value, or several between brackets.</summary>
    private bool TryOneOrList(Func<bool> tryValue)
    {
        if (!_next.Is('['))
        {
            return tryValue();
        }

        Advance();
        if (_next.Is(']'))
        {
            Advance();
            return true;
        }

        while (tryValue())
        {
            if (_next.Is(']'))
            {
                Advance();
                return true;
            }

            if (!TrySymbol(','))
            {
                return false;
            }
        }

        return false;
    }

    private bool TryArgument()
    {
        if (!TryText(out var argument))
        {
            return false;
        }

        _arguments.Add(argument);
        return true;
    }

    private bool TryEnvironmentEntry()
    {
        var close = _next.Is('<') ? '>' : '}';
        if (!TrySymbol(close == '>' ? '<' : '{'))
        {
            return false;
        }

        string? key = null;
        string? value = null;
        while (!_next.Is(close))
        {
            if (!TryEntryField(ref key, ref value))
            {
                return false;
            }

            SkipSeparator();
        }

        Advance();
        _environment[key ?? ""] = value ?? "";
        return true;
    }

    private bool TryEntryField(ref string? key, ref string? value)
    {
        if (!TryWord("'key' or 'value'", out var name) || !TrySymbol(':') || !TryText(out var text))
        {
            return false;
        }

        switch (name)
        {
            case "key" when key is null:
                key = text;
                return true;
            case "value" when value is null:
                value = text;
                return true;
            default:
                return Fail(name is "key" or "value" ? $"'{name}' is given twice" : $"the field '{name}' does not exist");
        }
    }

    private bool TryFlag(string name)
    {
        if (!TryWord("true or false", out var word))
        {
            return false;
        }

        bool? flag = word switch
        {
            "true" or "True" or "t" or "1" => true,
            "false" or "False" or "f" or "0" => false,
            _ => null,
        };
        if (flag is null)
        {
            return Fail($"'{word}' is neither true nor false");
        }

        return _flags.TryAdd(name, flag.Value) || Fail($"'{name}' is given twice");
    }

    /// <summary>Strings that follow each other are one string.</summary>
    private bool TryText(out string text)
    {
        text = "";
        if (_next.Kind != TokenKind.Text)
        {
            return Fail($"expected a string, found {_next}");
        }

        var parts = new StringBuilder();
        while (_next.Kind == TokenKind.Text)
        {
            parts.Append(_next.Value);
            Advance();
        }

        text = parts.ToString();
        return true;
    }

    private bool TryWord(string expected, out string word)
    {
        word = _next.Value;
        if (_next.Kind != TokenKind.Word)
        {
            return Fail($"expected {expected}, found {_next}");
        }

        Advance();
        return true;
    }

    private bool TrySymbol(char symbol)
    {
        if (!_next.Is(symbol))
        {
            return Fail($"expected '{symbol}', found {_next}");
        }

        Advance();
        return true;
    }

    private bool TrySkipColon() => !_next.Is(':') || TrySymbol(':');

    private void SkipSeparator()
    {
        if (_next.Is(',') || _next.Is(';'))
        {
            Advance();
        }
    }

    private void Advance() => _next = _lexer.Next();

    private bool Fail(string problem)
    {
        _problem ??= $"line {_next.Line}: {problem}";
        return false;
    }
}
