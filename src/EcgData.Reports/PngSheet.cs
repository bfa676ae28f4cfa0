using System.Buffers.Binary;
using System.Text;
using SkiaSharp;

namespace EcgData.Reports;

/// <summary>A sheet as a PNG image that prints at its true size.</summary>
internal static class PngSheet
{
    /// <summary>254 dpi: the millimetres of the grid fall on pixels, so that all its lines look alike.</summary>
    public const int PixelsPerMillimetre = 10;

    private const int HeaderEnd = 8 + 25;   // signature and IHDR chunk (PNG specification, 5.2 and 11.2.2)

    public static byte[] Write(SheetDrawing drawing)
    {
        var size = new SKImageInfo(
            (int)Math.Round(drawing.WidthMm * PixelsPerMillimetre), (int)Math.Round(drawing.HeightMm * PixelsPerMillimetre),
            SKColorType.Rgba8888, SKAlphaType.Premul);
        using var surface = SKSurface.Create(size)
            ?? throw new InvalidOperationException($"No room for an image of {size.Width} x {size.Height} pixels; free memory.");
        var canvas = surface.Canvas;
        canvas.Clear(SKColors.White);
        canvas.Scale(PixelsPerMillimetre);
        using var paint = new SKPaint { IsAntialias = true, StrokeCap = SKStrokeCap.Round, StrokeJoin = SKStrokeJoin.Round };
        foreach (var mark in drawing.Marks)
        {
            paint.Color = new SKColor(0xFF000000 | mark.Ink.Rgb).WithAlpha((byte)Math.Round(mark.Ink.Opacity * 255));
            if (mark is Area area)
            {
                paint.Style = SKPaintStyle.Fill;
                canvas.DrawRect((float)area.X, (float)area.Y, (float)area.WidthMm, (float)area.HeightMm, paint);
            }
            else if (mark is Lines lines)
            {
                paint.Style = SKPaintStyle.Stroke;
                paint.StrokeWidth = (float)lines.WidthMm;
                using var path = ToPath(lines);
                canvas.DrawPath(path, paint);
            }
        }

        using var image = surface.Snapshot();
        using var data = image.Encode(SKEncodedImageFormat.Png, quality: 100);
        return WithPixelSize(data.AsSpan());
    }

    private static SKPath ToPath(Lines lines)
    {
        var path = new SKPath();
        foreach (var line in lines.Points)
            path.AddPoly([.. line.Select(point => new SKPoint((float)point.X, (float)point.Y))], close: false);
        return path;
    }

    /// <summary>Adds the physical size of a pixel, which the encoder leaves out (PNG specification, 11.3.4.3, pHYs).</summary>
    private static byte[] WithPixelSize(ReadOnlySpan<byte> png)
    {
        const int PixelsPerMetre = PixelsPerMillimetre * 1000;
        Span<byte> chunk = stackalloc byte[4 + 4 + 9 + 4];
        BinaryPrimitives.WriteInt32BigEndian(chunk, 9);
        Encoding.ASCII.GetBytes("pHYs", chunk[4..]);
        BinaryPrimitives.WriteInt32BigEndian(chunk[8..], PixelsPerMetre);
        BinaryPrimitives.WriteInt32BigEndian(chunk[12..], PixelsPerMetre);
        chunk[16] = 1;   // the unit is the metre
        BinaryPrimitives.WriteUInt32BigEndian(chunk[17..], Crc32(chunk[4..17]));
        return [.. png[..HeaderEnd], .. chunk, .. png[HeaderEnd..]];
    }

    /// <summary>PNG specification, 5.5 and annex D.</summary>
    private static uint Crc32(ReadOnlySpan<byte> bytes)
    {
        var crc = 0xFFFFFFFF;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0xEDB88320 & (uint)-(int)(crc & 1));
        }

        return ~crc;
    }
}
