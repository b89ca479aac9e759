using VmTools.Guest.TextFormat;

namespace VmTools.Guest.CrashCollector.Filtering;

/// <summary>
/// Executables whose crashes are not reported: a file in protobuf text format, <c>filters { blocked_path: "/home" }</c> as often as
/// wanted. A file that is not there or makes no sense blocks nothing.
/// </summary>
internal sealed class CrashFilter
{
    public const string DefaultPath = "/etc/vm_crash_filter.textproto";
    public const int MaxBytes = 64 * 1024;

    private readonly Lexer _lexer;
    private readonly List<string> _blocked = [];
    private Token _next;

    private CrashFilter(string text)
    {
        _lexer = new Lexer(text);
        _next = _lexer.Next();
    }

    /// <summary>False where the text is not a filter; the filter then blocks nothing.</summary>
    public static bool TryParse(string text, out CrashFilter filter)
    {
        filter = new CrashFilter(text);
        while (filter._next.Kind != TokenKind.End)
        {
            if (!filter.TryEntry())
            {
                filter._blocked.Clear();
                return false;
            }
        }

        return true;
    }

    /// <summary>The blocked path itself, or anything below it.</summary>
    public bool Blocks(string executable) => _blocked.Exists(path =>
        executable.StartsWith(path, StringComparison.Ordinal)
        && (executable.Length == path.Length || path.EndsWith('/') || executable[path.Length] == '/'));

    private bool TryEntry()
    {
        if (_next is not { Kind: TokenKind.Word, Value: "filters" })
        {
            return false;
        }

        Advance();
        if (_next.Is(':'))
        {
            Advance();
        }

        var close = _next.Is('<') ? '>' : '}';
        if (!_next.Is('<') && !_next.Is('{'))
        {
            return false;
        }

        Advance();
        while (!_next.Is(close))
        {
            if (!TryPath())
            {
                return false;
            }

            SkipSeparator();
        }

        Advance();
        SkipSeparator();
        return true;
    }

    private bool TryPath()
    {
        if (_next is not { Kind: TokenKind.Word, Value: "blocked_path" })
        {
            return false;
        }

        Advance();
        if (!_next.Is(':'))
        {
            return false;
        }

        Advance();
        if (_next.Kind != TokenKind.Text)
        {
            return false;
        }

        if (_next.Value.Length > 0)
        {
            _blocked.Add(_next.Value);
        }

        Advance();
        return true;
    }

    private void SkipSeparator()
    {
        if (_next.Is(',') || _next.Is(';'))
        {
            Advance();
        }
    }

    private void Advance() => _next = _lexer.Next();
}
