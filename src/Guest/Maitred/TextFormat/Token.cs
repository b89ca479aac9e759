namespace VmTools.Guest.Maitred.TextFormat;

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
