namespace VmTools.Guest.TextFormat;

/// <summary>
/// Cuts protobuf text format into words (protobuf.dev, "Text Format Language Specification", lexical elements). Comments
/// run from '#' to the end of the line; a string ends on the line it began.
/// </summary>
internal sealed class Lexer(string text)
{
    private int _at;
    private int _line = 1;

    public Token Next()
    {
        SkipBlanks();
        if (_at == text.Length)
        {
            return new Token(TokenKind.End, "", _line);
        }

        var first = text[_at];
        if (first is '"' or '\'')
        {
            _at++;
            return StringLiteral.TryRead(text, ref _at, first, out var value, out var problem)
                ? new Token(TokenKind.Text, value, _line)
                : new Token(TokenKind.Bad, problem, _line);
        }

        if (IsWordCharacter(first))
        {
            return Word();
        }

        _at++;
        return first is '{' or '}' or '<' or '>' or '[' or ']' or ':' or ',' or ';'
            ? new Token(TokenKind.Symbol, first.ToString(), _line)
            : new Token(TokenKind.Bad, $"a character that has no place here (code {(int)first})", _line);
    }

    private static bool IsWordCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '+' or '.';

    private Token Word()
    {
        var start = _at;
        while (_at < text.Length && IsWordCharacter(text[_at]))
        {
            _at++;
        }

        return new Token(TokenKind.Word, text[start.._at], _line);
    }

    private void SkipBlanks()
    {
        while (_at < text.Length)
        {
            var c = text[_at];
            if (c == '#')
            {
                var end = text.IndexOf('\n', _at);
                _at = end < 0 ? text.Length : end;
            }
            else if (c is ' ' or '\t' or '\r' or '\v' or '\f' or '\n')
            {
                _line += c == '\n' ? 1 : 0;
                _at++;
            }
            else
            {
                return;
            }
        }
    }
}

/// <summary>One word of a text-format file; <see cref="Value"/> of a bad one is the sentence saying why.</summary>
internal readonly record struct Token(TokenKind Kind, string Value, int Line)
{
    public bool Is(char symbol) => Kind == TokenKind.Symbol && Value[0] == symbol;

    public override string ToString() => Kind switch
    {
        TokenKind.End => "the end of the file",
        TokenKind.Text => "a string",
        TokenKind.Bad => Value,
        _ => $"'{Value}'",
    };
}

/// <summary>The words of the protobuf text format, as far as our messages need them.</summary>
internal enum TokenKind
{
    End,
    Word,
    Text,
    Symbol,
    Bad,
}
