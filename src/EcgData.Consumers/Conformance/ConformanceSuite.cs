namespace EcgData.Consumers.Conformance;

/// <summary>What a check found.</summary>
/// <param name="Name">What a consumer must do.</param>
/// <param name="Passed">Whether it does.</param>
/// <param name="Message">Where it does not: what it did.</param>
public sealed record ConformanceCheck(string Name, bool Passed, string Message);

/// <summary>
/// Holds a consumer to <see cref="IBatchConsumer"/>: feeds it known batches as the host does, stops early, resumes with another batch
/// size, overwrites memory that it must not have kept, asks for what it cannot do. Every check makes consumers of its own.
/// </summary>
/// <param name="create">Makes a consumer.</param>
/// <param name="options">Options that every consumer is opened with; the consumer's own files must be fit for several runs.</param>
/// <param name="patience">How long a check may take before it counts as hanging.</param>
public sealed class ConformanceSuite(
    Func<IBatchConsumer> create, IReadOnlyCollection<KeyValuePair<string, string>> options, TimeSpan patience)
{
    private const string Stranger = "an-option-that-no-consumer-knows";

    /// <summary>Runs all checks, one after the other.</summary>
    public IEnumerable<ConformanceCheck> Run()
    {
        yield return Check("can be disposed of unused, and twice", () =>
        {
            var consumer = create();
            consumer.Dispose();
            consumer.Dispose();
        });
        yield return Check("takes an epoch with a short last batch", () => Feed(new KnownStream { From = 0 }));
        yield return Check("takes metadata", () => Feed(new KnownStream { From = 0, Metadata = true }));
        yield return Check("takes an epoch of one crop", () => Feed(new KnownStream { From = 0, Items = 1 }));
        yield return Check("takes an epoch without crops", () => Feed(new KnownStream { From = 0, Items = 0 }));
        yield return Check("takes calls from several threads, one at a time", () => Feed(new KnownStream { From = 0 }, OnItsOwnThread));
        yield return Check("is stopped in the middle and resumes where it is told, with another batch size", () =>
        {
            Feed(new KnownStream { From = 0 }, batches: 2);
            Feed(new KnownStream { From = 10, Batch = 3 });
        });
        yield return Check("goes on by itself where no position is named", () =>
        {
            Feed(new KnownStream { From = 0 }, batches: 2);
            Feed(new KnownStream { Batch = 4 });
        });
        yield return Check("resumes at the end of an epoch", () => Feed(new KnownStream { From = 23 }));
        yield return Check("takes other leads and lengths, or says at opening that it cannot", () =>
            FeedOrRefuse(new KnownStream { From = 0, Leads = 2, Samples = 241 }));
        yield return Check("refuses an option that it does not know, as a ConsumerException", () =>
        {
            using var consumer = create();
            try
            {
                consumer.Open(new KnownStream().Description, new ConsumerOptions([.. options, new(Stranger, "1")]));
            }
            catch (ConsumerException e)
            {
                if (!e.Message.Contains(Stranger, StringComparison.Ordinal))
                    throw new ConformanceException($"the message does not name the option: {e.Message}");
                return;
            }

            throw new ConformanceException($"option '{Stranger}' was accepted; read the known ones and call ConsumerOptions.RefuseOthers");
        });
    }

    private static void OnItsOwnThread(Action call) => Call(call, Timeout.InfiniteTimeSpan);

    /// <returns>false where the call has not come back in time.</returns>
    private static bool Call(Action call, TimeSpan patience)
    {
        Exception? thrown = null;
        var thread = new Thread(() =>
        {
            try
            {
                call();
            }
            catch (Exception e)
            {
                thrown = e;
            }
        })
        { IsBackground = true };
        thread.Start();
        if (!thread.Join(patience)) return false;
        return thrown is null ? true : throw new ConformanceException($"{thrown.GetType().Name}: {thrown.Message}", thrown);
    }

    private ConformanceCheck Check(string name, Action check)
    {
        try
        {
            return Call(check, patience)
                ? new ConformanceCheck(name, true, "")
                : new ConformanceCheck(name, false, $"a call did not return within {patience.TotalSeconds} s");
        }
        catch (ConformanceException e)
        {
            return new ConformanceCheck(name, false, (e.InnerException is ConformanceException inner ? inner : e).Message);
        }
    }

    private void FeedOrRefuse(KnownStream stream)
    {
        using (var consumer = create())
        {
            try
            {
                consumer.Open(stream.Description, new ConsumerOptions(options));
            }
            catch (ConsumerException)
            {
                return;
            }
        }

        Feed(stream);
    }

    private void Feed(KnownStream stream, Action<Action>? calling = null, int batches = int.MaxValue)
    {
        var call = calling ?? (action => action());
        using var consumer = create();
        long position = 0;
        call(() => position = consumer.Open(stream.Description, new ConsumerOptions(options)));
        if (stream.From is { } asked && position != asked)
            throw new ConformanceException($"position {asked} was asked for, Open returned {position}; return StreamDescription.From where it is given");
        if (position < 0 || position > stream.Items)
            throw new ConformanceException($"Open returned position {position}; the epoch has positions 0 to {stream.Items}");
        foreach (var batch in stream.Batches(position).Take(batches))
        {
            var wanted = true;
            call(() => wanted = consumer.Consume(batch));
            if (!wanted) return;
        }

        if (batches == int.MaxValue) call(consumer.Complete);
    }

    private sealed class ConformanceException(string message, Exception? inner = null) : Exception(message, inner);
}
