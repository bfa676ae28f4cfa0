namespace EcgData.Consumers;

/// <summary>A consumer cannot do what is asked of it. The four parts make one message that whoever runs the stream can act on.</summary>
/// <param name="where">Consumer, option or field: <c>option 'decay'</c>.</param>
/// <param name="found">What was found: <c>is 'fast'</c>.</param>
/// <param name="expected">What was expected: <c>a number between 0 and 1</c>.</param>
/// <param name="remedy">What to do: <c>Give --option decay=0.99</c>.</param>
/// <param name="innerException">What caused it, if anything.</param>
public class ConsumerException(string where, string found, string expected, string remedy, Exception? innerException = null)
    : Exception($"{where} {found}; expected {expected}. {remedy}", innerException)
{
    /// <summary>Consumer, option or field.</summary>
    public string Where => where;

    /// <summary>What was found there.</summary>
    public string Found => found;

    /// <summary>What was expected instead.</summary>
    public string Expected => expected;

    /// <summary>What to do about it.</summary>
    public string Remedy => remedy;
}

/// <summary>
/// Whoever the consumer passes batches on to went away: not a fault of the stream, which ends and tells where it may be taken up again.
/// </summary>
/// <param name="where">Who went away: <c>tcp://127.0.0.1:7000</c>.</param>
/// <param name="innerException">How it was noticed.</param>
public sealed class ConsumerGoneException(string where, Exception? innerException = null)
    : ConsumerException(where, "closed the stream", "a reader until the end", "Resume from the position of the last batch.", innerException);
