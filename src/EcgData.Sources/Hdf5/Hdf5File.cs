using EcgData.Signals;
using PureHDF;
using PureHDF.VOL.Native;

namespace EcgData.Sources.Hdf5;

/// <summary>
/// An open HDF5 file, for one thread at a time. Everything that the library throws at a damaged or hostile file leaves it as a
/// <see cref="RecordException"/> that names file and dataset.
/// </summary>
internal sealed class Hdf5File : IDisposable
{
    private readonly MeteredStream _stream;
    private readonly NativeFile _root;

    private Hdf5File(string path, MeteredStream stream, NativeFile root) => (Path, _stream, _root) = (path, stream, root);

    /// <summary>As given, relative to the source's folder.</summary>
    public string Path { get; }

    public MeteredStream Stream => _stream;

    /// <param name="path">Relative to <paramref name="folder"/>.</param>
    /// <exception cref="RecordException">Missing, outside the folder, truncated, or not an HDF5 file.</exception>
    public static Hdf5File Open(SourceFolder folder, string path)
    {
        var full = folder.Resolve(path);
        BoundedDeflateFilter.Register();
        MeteredStream stream;
        try
        {
            stream = new MeteredStream(full);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new RecordException(
                RejectionReason.MissingFile, $"{path}: not in {folder.Path}. Download the file, or leave its records out.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RecordException(RejectionReason.Unreadable, $"{path}: cannot be opened: {e.Message}", e);
        }

        try
        {
            return Guard(path, stream, () => new Hdf5File(path, stream, (NativeFile)H5File.Open(stream, leaveOpen: true)));
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>The dataset called <paramref name="name"/> in the root group; its values are not read yet.</summary>
    /// <exception cref="RecordException">There is none, or its shape, type or layout is not read.</exception>
    public Hdf5Dataset Dataset(string name)
    {
        var where = $"{Path}, dataset '{name}'";
        var found = Guard(where, _stream, () => _root.LinkExists(name) ? _root.Get(name) : null);
        return found is NativeDataset dataset
            ? Guard(where, _stream, () => new Hdf5Dataset(where, _stream, dataset))
            : throw new RecordException(
                RejectionReason.UnsupportedFormat,
                $"{where}: not there, or not a dataset. Expected the source's published file; is this another file?");
    }

    public void Dispose()
    {
        _root.Dispose();
        _stream.Dispose();
    }

    /// <summary>Runs the library, metered, and translates whatever it throws.</summary>
    /// <exception cref="RecordException">Truncated where the file ends too early, otherwise Unreadable.</exception>
    internal static T Guard<T>(string where, MeteredStream stream, Func<T> read)
    {
        stream.BeginOperation();
        try
        {
            return read();
        }
        // The library throws plain Exception, index and cast errors at bytes that are not HDF5; out of memory where a header claims it.
        catch (Exception e) when (e is not RecordException)
        {
            var cause = e.GetBaseException();
            throw cause is RecordException known
                ? known
                : new RecordException(
                    cause is EndOfStreamException ? RejectionReason.Truncated : RejectionReason.Unreadable,
                    $"{where}: {cause.Message.TrimEnd('.')}. Expected a whole HDF5 file; download it again.", e);
        }
    }
}
