using EcgData.Models.Encoders;
using EcgData.Models.Objectives;
using TorchSharp;
using static TorchSharp.torch;
using EncoderFactory = EcgData.Models.Encoders.Encoders;

namespace EcgData.Models.Tests.Objectives;

public sealed class TeacherTests
{
    private static readonly Safetensors Golden = new("ema.safetensors");

    private static readonly EncoderOptions Small = new() { Width = 8, S4 = new S4Options { Layers = 2 } };

    [Fact]
    public void Follow_GoldenStudents_AreTheGoldenTeachers()
    {
        using var scope = NewDisposeScope();
        var (student, teacher) = Pair(new TeacherOptions());
        Write(teacher, Golden["teacher0"]);
        for (var step = 1; step <= 3; step++)
        {
            Write(student, Golden["students"][step - 1]);
            teacher.Follow(student);
            Close.Assert(Golden[$"teacher{step}"], Read(teacher), 1e-12);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(1000)]
    public void Follow_ConstantStudent_IsTheClosedForm(int steps)
    {
        using var scope = NewDisposeScope();
        var (student, teacher) = Pair(new TeacherOptions());
        Write(teacher, Golden["teacher0"]);
        Write(student, Golden["students"][0]);
        for (var step = 0; step < steps; step++) teacher.Follow(student);
        Close.Assert(Golden[$"teacher_const_student_{steps}"], Read(teacher), 1e-12);
    }

    [Fact]
    public void Teacher_Ema_StartsAsTheStudentAndCopiesItsStatistics()
    {
        using var scope = NewDisposeScope();
        var (student, teacher) = Pair(new TeacherOptions());
        Assert.Equal(0, teacher.GapTo(student));
        var crops = rand(2, 12, 600, float64);
        student.train();
        student.forward(crops).Dispose();   // moves the running statistics
        teacher.Follow(student);
        student.eval();
        Close.Assert(student.forward(crops), teacher.Output(crops, studentTrains: true), 1e-12);
        var taps = teacher.Taps(crops, studentTrains: true);
        Assert.Equal(2, taps.Length);
        Assert.All(taps, tap => Assert.Equal([2, 300, 8], tap.shape));
    }

    [Fact]
    public void Teacher_FrozenRandom_NeverFollows()
    {
        using var scope = NewDisposeScope();
        var (student, teacher) = Pair(new TeacherOptions { Mode = TeacherMode.FrozenRandom });
        var gap = teacher.GapTo(student);
        Assert.True(gap > 0.1);
        teacher.Follow(student);
        Assert.Equal(gap, teacher.GapTo(student));
    }

    [Fact]
    public void Teacher_PublishedNoise_IsNoisyWhileTheStudentTrainsOnly()
    {
        using var scope = NewDisposeScope();
        var (_, teacher) = Pair(new TeacherOptions { Mode = TeacherMode.FrozenRandom, Noise = TeacherNoise.DropoutAndBatchStatistics });
        var crops = rand(2, 12, 600, float64);
        Assert.False(teacher.Output(crops, studentTrains: true).Equals(teacher.Output(crops, studentTrains: true)));
        Assert.True(teacher.Output(crops, studentTrains: false).Equals(teacher.Output(crops, studentTrains: false)));
        Assert.NotEqual(0, teacher.state_dict()["encoder.stem.stages.0.norm.num_batches_tracked"].ToInt64());   // its statistics drift
    }

    [Fact]
    public void Output_Always_HasNoGradient()
    {
        using var scope = NewDisposeScope();
        var (_, teacher) = Pair(new TeacherOptions());
        Assert.False(teacher.Output(rand(1, 12, 600, float64), studentTrains: true).requires_grad);
    }

    [Fact]
    public void Teacher_OfAnotherShape_IsRefused()
    {
        using var student = EncoderFactory.Create(Small, 1);
        var wider = EncoderFactory.Create(Small with { Width = 16 }, 1);
        var refusal = Assert.Throws<InvalidOperationException>(() => { new Teacher(wider, student, new TeacherOptions()).Dispose(); });
        Assert.Contains("stem.stages.0", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Taps_OfBlocksOfTwoWidths_AreRefused()
    {
        using var scope = NewDisposeScope();
        var shape = TinyRun.Shape(EncoderFamily.Net1d, causal: false);
        shape = shape with { Net1d = shape.Net1d with { StageBlocks = [1, 1, 1] } };
        using var student = EncoderFactory.Create(shape, 1);
        using var teacher = new Teacher(EncoderFactory.Create(shape, 2), student, new TeacherOptions());
        var refusal = Assert.Throws<InvalidOperationException>(() => teacher.Taps(zeros(1, 12, 600), studentTrains: false));
        Assert.Contains("16 wide", refusal.Message, StringComparison.Ordinal);
    }

    private static (Encoder Student, Teacher Teacher) Pair(TeacherOptions options)
    {
        var student = EncoderFactory.Create(Small, seed: 1);
        var teacher = new Teacher(EncoderFactory.Create(Small, seed: 2), student, options);
        student.to(float64);
        teacher.to(float64);
        return (student, teacher);
    }

    // Any parameter will do: the golden [7, 5] go into the beginning of the first convolution.
    private static void Write(nn.Module module, Tensor values)
    {
        using var noGradient = no_grad();
        First(module).copy_(values.flatten());
    }

    private static Tensor Read(nn.Module module) => First(module).detach().clone().view(7, 5);

    private static Tensor First(nn.Module module) =>
        module.named_parameters().First(entry => entry.name.EndsWith("stem.stages.0.conv.weight", StringComparison.Ordinal)).parameter
            .flatten().narrow(0, 0, 35);
}
