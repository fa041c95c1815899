"""RunningAverage."""

import pytest
import torch

from scaffold_runtime.engine import Engine, Events
from scaffold_runtime.metrics import Accuracy, RunningAverage


def _follow(metric, outputs, usage=None, *, epochs=1):
    engine, seen = Engine(lambda engine, batch: batch), []
    metric.attach(engine, "m", usage)
    engine.add_event_handler(Events.ITERATION_COMPLETED, lambda: seen.append(engine.state.metrics.get("m")))
    engine.run(outputs, max_epochs=epochs)
    return [None if value is None else float(value) for value in seen], engine.state.metrics["m"]


def test_output():
    """Each value moves the average by its share, from one epoch to the next too."""
    metric = RunningAverage(alpha=0.5, output_transform=float)
    assert _follow(metric, [4.0, 2.0], epochs=2)[0] == [4.0, 3.0, 3.5, 2.75]


def test_bound_to_an_epoch():
    """Bound to an epoch it starts anew, said by `epoch_bound` or by the usage."""
    for make in (lambda: RunningAverage(alpha=0.5, output_transform=float, epoch_bound=True),):
        assert _follow(make(), [4.0, 2.0], epochs=2)[0] == [4.0, 3.0, 4.0, 3.0]
    metric = RunningAverage(alpha=0.5, output_transform=float)
    assert _follow(metric, [4.0, 2.0], "single_epoch_running_batch_wise", epochs=2)[0] == [4.0, 3.0, 4.0, 3.0]


def test_tensors_stay_on_the_device():
    """A tensor is averaged where it is and written unread, a copy that later batches leave alone."""
    loss, kept = torch.tensor(4.0, requires_grad=True), []
    engine = Engine(lambda engine, batch: loss * batch)
    RunningAverage(alpha=0.5, output_transform=lambda output: output).attach(engine, "loss")
    engine.add_event_handler(Events.ITERATION_COMPLETED, lambda: kept.append(engine.state.metrics["loss"]))
    engine.run([1.0, 0.5])
    assert [value.item() for value in kept] == [4.0, 3.0]
    assert not any(value.requires_grad for value in kept)
    meta = RunningAverage(output_transform=lambda output: output)
    meta.update(torch.zeros((), device="meta"))
    meta.update(torch.zeros((), device="meta"))
    assert meta.compute().device.type == "meta"


def test_half_precision_moves():
    """Steps too small for half precision still count."""
    metric = RunningAverage(alpha=0.999, output_transform=lambda output: output)
    for value in (1.0, *[2.0] * 100):
        metric.update(torch.tensor(value, dtype=torch.bfloat16))
    assert metric.compute().item() == pytest.approx(2 - 0.999**100, rel=1e-4)


def test_metric_by_batches():
    """Of a metric, each batch's own value is averaged."""
    batches = [(torch.tensor([1, 1]), torch.tensor([1, y])) for y in (1, 0, 1)]
    assert _follow(RunningAverage(Accuracy(), alpha=0.5), batches)[0] == [1.0, 0.75, 0.875]


def test_metric_by_epochs():
    """Of a metric, each epoch's value is averaged; the metric may be attached itself."""
    accuracy, engine = Accuracy(), Engine(lambda engine, batch: batch[engine.state.epoch - 1])
    accuracy.attach(engine, "accuracy")
    RunningAverage(accuracy, alpha=0.5).attach(engine, "average", "running_epoch_wise")
    right, wrong = (torch.ones(2), torch.ones(2)), (torch.ones(2), torch.zeros(2))
    engine.run([(right, wrong), (right, right)], max_epochs=2)
    assert engine.state.metrics == {"accuracy": 0.5, "average": 0.75}


def test_detached():
    """Detached, it leaves nothing behind, its metric included."""
    engine, metric = Engine(lambda engine, batch: batch), RunningAverage(Accuracy())
    metric.attach(engine, "m")
    assert metric.is_attached(engine)
    metric.detach(engine)
    assert not metric.is_attached(engine)
    assert engine.run([None]).metrics == {}


def test_processes(two_processes):
    """`compute` is the mean over the processes that have seen something."""
    metric = RunningAverage(alpha=0.5, output_transform=float)
    assert two_processes.run("compute", [(metric, [4.0, 2.0]), (metric, [1.0])]) == [2.0, 2.0]
    assert two_processes.run("compute", [(metric, []), (metric, [1.0])]) == [1.0, 1.0]


def test_state():
    """A saved average goes on where it was."""
    metric, other = (RunningAverage(alpha=0.5, output_transform=float) for _ in range(2))
    metric.update(4.0)
    other.load_state_dict(metric.state_dict())
    other.update(2.0)
    assert other.compute() == 3.0


def test_wrong_arguments():
    """Nothing to average, two things to average, and an alpha out of range are refused."""
    with pytest.raises(TypeError, match=r"^`src` should be a metric or None, got int\.$"):
        RunningAverage(3)
    with pytest.raises(ValueError, match=r"^RunningAverage takes either a metric, `src`, or an `output_transform`\.$"):
        RunningAverage()
    with pytest.raises(ValueError, match=r"^`alpha` should be above 0 and at most 1, got 0\.$"):
        RunningAverage(Accuracy(), alpha=0)
    with pytest.raises(ValueError, match=r"^`device` is that of the metric `src`"):
        RunningAverage(Accuracy(), device="cpu")


@pytest.mark.parametrize(
    ("value", "got"), [({"a": 1.0}, "'dict'"), ((1.0, 2), r"\(float, int\)"), (None, "'NoneType'"), ("1", "'str'")]
)
def test_no_number(value, got):
    """What is neither a number nor a tensor is refused at once."""
    message = rf"^RunningAverage averages a number or a tensor, got {got}\. Pick one in an `output_transform`, or of "
    with pytest.raises(TypeError, match=message):
        RunningAverage(output_transform=lambda output: output).update(value)
