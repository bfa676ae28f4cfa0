using System;
using System.IO;
using System.Text;

namespace EcgData.Models.Native;

/// <summary>
/// The symbol versions that a 64-bit little-endian ELF library asks of other libraries, read and changed in memory. Compiled
/// into the build (an inline MSBuild task, so .NET Standard 2.0 and no nullable annotations) and into the tests, not into the room.
/// </summary>
/// <remarks>
/// System V ABI, "ELF header", "Section header", "Relocation"; Linux Standard Base 5.0 core, chapter "Symbol versioning":
/// Elf64_Verneed {u16 version, u16 count, u32 file, u32 aux, u32 next} heads a chain of
/// Elf64_Vernaux {u32 hash, u16 flags, u16 other, u32 name, u32 next}; offsets are relative to their own structure.
/// </remarks>
public sealed class ElfVersionNeeds
{
    private const int HeaderSize = 64;
    private const int SectionHeaderSize = 64;
    private const int RelocationSize = 24;

    private const uint SectionRelocations = 4;            // SHT_RELA
    private const uint SectionVersionNeeds = 0x6ffffffe;  // SHT_GNU_verneed
    private const uint SectionSymbolVersions = 0x6fffffff; // SHT_GNU_versym

    private const ushort WeakFlag = 2;                    // VER_FLG_WEAK: the loader goes on where the version is missing

    private readonly byte[] _bytes;

    /// <exception cref="InvalidDataException">Not a 64-bit little-endian ELF file.</exception>
    public ElfVersionNeeds(byte[] bytes)
    {
        _bytes = bytes;
        var known = bytes.Length >= HeaderSize && bytes[0] == 0x7f && bytes[1] == 'E' && bytes[2] == 'L' && bytes[3] == 'F'
            && bytes[4] == 2 && bytes[5] == 1;
        if (!known) throw new InvalidDataException("The file is not a 64-bit little-endian ELF library. Restore the package again.");
    }

    /// <summary>
    /// Marks <paramref name="version"/> as weak, so that the loader takes the library where the version is missing. Nothing else
    /// changes, and nothing at all where the version is not asked for or is weak already.
    /// </summary>
    /// <returns>Count of bytes changed.</returns>
    /// <exception cref="InvalidDataException">
    /// A relocation uses a symbol of that version: the library needs it to run, and weakening would only move the failure.
    /// </exception>
    public int Weaken(string version)
    {
        for (var section = 0; section < SectionCount; section++)
        {
            if (TypeOf(section) != SectionVersionNeeds) continue;
            var names = OffsetOf(LinkOf(section));
            for (long need = OffsetOf(section), next = 1; next != 0; need += next)
            {
                next = U32(need + 12);
                for (long entry = need + U32(need + 8), left = U16(need + 2); left > 0; entry += U32(entry + 12), left--)
                {
                    if (Text(names + U32(entry + 8)) != version) continue;
                    return (U16(entry + 4) & WeakFlag) != 0 ? 0 : WeakenEntry(entry, version);
                }
            }
        }

        return 0;
    }

    private int WeakenEntry(long entry, string version)
    {
        var used = RelocatedSymbolOf(versionIndex: U16(entry + 6));
        if (used >= 0)
        {
            throw new InvalidDataException(
                $"Symbol {used} of version {version} is used by a relocation; expected was a version that is only named. " +
                "Run on a system whose libstdc++ has that version.");
        }

        _bytes[checked((int)(entry + 4))] |= (byte)WeakFlag;
        return 1;
    }

    /// <summary>Index of a symbol of that version that a relocation uses, or -1.</summary>
    private long RelocatedSymbolOf(int versionIndex)
    {
        for (var section = 0; section < SectionCount; section++)
        {
            if (TypeOf(section) != SectionRelocations) continue;
            var versions = VersionsOfSymbolsIn(LinkOf(section));
            var end = OffsetOf(section) + SizeOf(section);
            for (var relocation = OffsetOf(section); relocation + RelocationSize <= end; relocation += RelocationSize)
            {
                var symbol = U32(relocation + 12); // the upper half of r_info
                if (symbol != 0 && versions >= 0 && (U16(versions + 2L * symbol) & 0x7fff) == versionIndex) return symbol;
            }
        }

        return -1;
    }

    private long VersionsOfSymbolsIn(int symbolSection)
    {
        for (var section = 0; section < SectionCount; section++)
        {
            if (TypeOf(section) == SectionSymbolVersions && LinkOf(section) == symbolSection) return OffsetOf(section);
        }

        return -1;
    }

    private int SectionCount => U16(60);

    private uint TypeOf(int section) => U32(SectionHeader(section) + 4);

    private long OffsetOf(int section) => I64(SectionHeader(section) + 24);

    private long SizeOf(int section) => I64(SectionHeader(section) + 32);

    private int LinkOf(int section) => checked((int)U32(SectionHeader(section) + 40));

    private long SectionHeader(int section) => I64(40) + (long)section * SectionHeaderSize;

    private ushort U16(long offset) => BitConverter.ToUInt16(_bytes, At(offset, 2));

    private uint U32(long offset) => BitConverter.ToUInt32(_bytes, At(offset, 4));

    private long I64(long offset) => BitConverter.ToInt64(_bytes, At(offset, 8));

    private string Text(long offset)
    {
        var start = At(offset, 1);
        var end = Array.IndexOf(_bytes, (byte)0, start);
        return Encoding.ASCII.GetString(_bytes, start, (end < 0 ? _bytes.Length : end) - start);
    }

    private int At(long offset, int size)
    {
        if (offset >= 0 && offset <= _bytes.Length - size) return (int)offset;
        throw new InvalidDataException(
            $"The ELF file points to byte {offset}; it has {_bytes.Length}. It is truncated: restore the package again.");
    }
}

#if !ECGDATA_TESTS
/// <summary>Copies a native library with one of its symbol versions made weak. TorchSharp.targets runs it.</summary>
public sealed class WeakenSymbolVersion : Microsoft.Build.Utilities.Task
{
    [Microsoft.Build.Framework.Required]
    public string Source { get; set; }

    /// <summary>Replaced, never written in place: the old file may be a hard link to the package cache.</summary>
    [Microsoft.Build.Framework.Required]
    public string Destination { get; set; }

    [Microsoft.Build.Framework.Required]
    public string Version { get; set; }

    public override bool Execute()
    {
        var bytes = File.ReadAllBytes(Source);
        try
        {
            var changed = new ElfVersionNeeds(bytes).Weaken(Version);
            Log.LogMessage("{0}: {1} byte(s) changed to make {2} weak", Destination, changed, Version);
        }
        catch (InvalidDataException damage)
        {
            Log.LogError("{0}: {1}", Source, damage.Message);
            return false;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(Destination));
        var fresh = Destination + ".new";
        File.WriteAllBytes(fresh, bytes);
        File.Delete(Destination);
        File.Move(fresh, Destination);
        return true;
    }
}
#endif
