using System.Numerics;
using EcgData.Models.Encoders;
using TorchSharp;
using static TorchSharp.torch;

namespace EcgData.Models.Tests.Encoders;

/// <summary>Against golden/hippo_legs.json, whose numbers come from LAPACK; what depends on an eigenvector's phase is left out.</summary>
public sealed class HippoLegsTests
{
    private static readonly Safetensors Golden = new("hippo_legs.safetensors");

    [Theory]
    [InlineData(8)]
    [InlineData(64)]
    public void Create_StudySizes_AreTheGoldenEigenvaluesAndVectors(int size)
    {
        using var scope = NewDisposeScope();
        var legs = HippoLegs.Create(size);
        Close.AssertRelative(Golden[$"w_{size}"], Pairs(legs.W), 1e-9, "w");
        Close.AssertRelative(Golden[$"absB_{size}"], tensor(legs.B.Select(Complex.Abs).ToArray()), 1e-9, "|B|");
        Close.AssertRelative(Golden[$"absP_{size}"], tensor(legs.P.Select(Complex.Abs).ToArray()), 1e-9, "|P|");
        Complex[] product = [.. legs.B.Select((b, i) => b * Complex.Conjugate(legs.P[i]))];
        Close.AssertRelative(Golden[$"B_conjP_{size}"], Pairs(product), 1e-9, "B conj(P)");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    public void Create_NotEven_IsRefused(int size) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => HippoLegs.Create(size));

    [Fact]
    public void Solve_HermitianMatrix_GivesItBack()
    {
        const int Size = 12;
        var random = new KeyedRandom(5);
        var matrix = new Complex[Size, Size];
        for (var row = 0; row < Size; row++)
        {
            for (var column = row; column < Size; column++)
            {
                var value = new Complex(random.NextSingle() - 0.5, row == column ? 0 : random.NextSingle() - 0.5);
                (matrix[row, column], matrix[column, row]) = (value, Complex.Conjugate(value));
            }
        }

        var (values, vectors) = HermitianEigen.Solve(matrix);
        Assert.Equal(values.Order(), values);
        for (var row = 0; row < Size; row++)
        {
            for (var column = 0; column < Size; column++)
            {
                Complex product = 0, overlap = 0;
                for (var i = 0; i < Size; i++)
                {
                    product += vectors[row, i] * values[i] * Complex.Conjugate(vectors[column, i]);
                    overlap += Complex.Conjugate(vectors[i, row]) * vectors[i, column];
                }

                Assert.True(Complex.Abs(product - matrix[row, column]) < 1e-13, "V diag(values) Vᴴ is not the matrix");
                Assert.True(Complex.Abs(overlap - (row == column ? 1 : 0)) < 1e-13, "V is not unitary");
            }
        }
    }

    private static Tensor Pairs(Complex[] values) =>
        tensor(values.SelectMany(value => (double[])[value.Real, value.Imaginary]).ToArray(), [values.Length, 2]);
}
