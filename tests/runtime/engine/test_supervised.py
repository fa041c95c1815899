"""Supervised trainers and evaluators; reference values are worked out by hand on a model of one weight."""

import contextlib
import re
from collections import OrderedDict, UserDict, UserList, defaultdict, namedtuple
from dataclasses import dataclass

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import PackedSequence, pack_sequence

from scaffold_runtime.engine import (
    DeterministicEngine,
    Engine,
    Events,
    convert_tensor,
    create_supervised_evaluator,
    create_supervised_trainer,
    supervised_evaluation_step,
    supervised_training_step,
)


class Scale(nn.Module):
    """`y = weight * x`."""

    def __init__(self, weight=1.0):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(weight))
        self.modes = []

    def forward(self, x):
        """Notes the mode, too."""
        self.modes.append(self.training)
        return self.weight * x


def difference(y_pred, y):
    """A loss whose gradient in the weight is the mean of x."""
    return (y_pred - y).mean()


def pair(*xs):
    """A batch with those x, and y = 0."""
    return torch.tensor(xs), torch.zeros(len(xs))


@pytest.fixture
def model():
    """A model with weight 1."""
    return Scale()


@pytest.fixture
def sgd(model):
    """Takes one gradient off the weight."""
    return torch.optim.SGD(model.parameters(), lr=1.0)


def test_trains(model, sgd):
    """One step takes the gradient off the weight; the output is the detached loss."""
    trainer = create_supervised_trainer(model.eval(), sgd, difference)
    state = trainer.run([pair(1.0, 3.0)])
    assert model.weight.item() == 1 - 2
    assert state.output.item() == 2.0
    assert not state.output.requires_grad
    assert model.modes == [True]


def test_evaluates(model):
    """The output is `(y_pred, y)`, without gradients, with the model in evaluation mode."""
    state = create_supervised_evaluator(model).run([pair(2.0, 4.0)])
    y_pred, y = state.output
    assert (y_pred.tolist(), y.tolist(), y_pred.requires_grad) == ([2.0, 4.0], [0.0, 0.0], False)
    assert model.modes == [False]


def test_metrics_are_attached(model):
    """An evaluator attaches its metrics by name."""

    class Counts:
        def attach(self, engine, name):
            engine.add_event_handler(Events.COMPLETED, lambda engine: engine.state.metrics.update({name: "counted"}))

    assert create_supervised_evaluator(model, {"count": Counts()}).run([pair(1.0)]).metrics == {"count": "counted"}


def test_every_part_can_be_changed(model, sgd):
    """Batches, calls of the model, predictions and outputs pass through the caller's functions."""
    trainer = create_supervised_trainer(
        model,
        sgd,
        difference,
        device="cpu",
        non_blocking=True,
        prepare_batch=lambda batch, device, non_blocking: (
            batch["x"],
            torch.tensor([float(device == "cpu"), non_blocking]),
        ),
        model_fn=lambda model, x: model(x * 10),
        model_transform=lambda output: output + 1,
        output_transform=lambda x, y, y_pred, loss: (x.tolist(), y.tolist(), y_pred.tolist(), loss.item()),
    )
    state = trainer.run([{"x": torch.tensor([1.0, 2.0])}])
    assert state.output == ([1.0, 2.0], [1.0, 1.0], [11.0, 21.0], 15.0)
    evaluator = create_supervised_evaluator(
        Scale(),
        prepare_batch=lambda batch, device, non_blocking: (batch["x"], device),
        model_fn=lambda model, x: model(x * 10),
        model_transform=lambda output: output + 1,
        output_transform=lambda x, y, y_pred: (y, y_pred.tolist()),
    )
    assert evaluator.run([{"x": torch.tensor([1.0])}]).output == (None, [11.0])


@pytest.mark.parametrize(
    ("batches", "weights"),
    [
        (4, [1, 1, 1, -1]),  # one window: the mean of 1, 2, 2 and 3 is 2
        (6, [1, 1, 1, -1, -1, -5]),  # and a tail of two: the mean of 4 and 4 is 4
        (3, [1, 1, 1 - 5 / 3]),  # an epoch shorter than a window
    ],
)
def test_accumulation_keeps_the_tail(model, sgd, batches, weights):
    """The optimizer steps once per four batches with their mean gradient, and at the end of an epoch with the rest."""
    trainer = create_supervised_trainer(model, sgd, difference, gradient_accumulation_steps=4)
    seen = []
    trainer.add_event_handler(Events.ITERATION_COMPLETED, lambda: seen.append(model.weight.item()))
    data = [pair(x) for x in (1.0, 2.0, 2.0, 3.0, 4.0, 4.0)[:batches]]
    trainer.run(data)
    assert seen == pytest.approx(weights)
    model.weight.data.fill_(1.0)
    seen.clear()
    trainer.run(data)
    assert seen == pytest.approx(weights)


def test_accumulation_without_a_length(model, sgd):
    """Over data of unknown length the tail is closed at the epoch's end, as the same mean."""
    trainer = create_supervised_trainer(model, sgd, difference, gradient_accumulation_steps=4)
    at_the_end = []
    trainer.add_event_handler(Events.EPOCH_COMPLETED, lambda: at_the_end.append(model.weight.item()))
    trainer.run(iter([pair(x) for x in (1.0, 2.0, 2.0, 3.0, 4.0, 4.0)]))
    assert at_the_end == pytest.approx([-5.0])


@pytest.mark.parametrize("skip", [False, True])
def test_accumulation_in_a_cut_epoch(model, sgd, skip):
    """An epoch that is cut within a window steps with the mean of the batches that it had."""
    trainer = create_supervised_trainer(model, sgd, difference, gradient_accumulation_steps=4)
    trainer.add_event_handler(Events.ITERATION_COMPLETED(once=2), lambda: trainer.terminate_epoch(skip))
    trainer.run([pair(1.0), pair(3.0), pair(5.0)], max_epochs=2)
    assert model.weight.item() == pytest.approx(1 - 2 - 3)


def test_accumulation_up_to_max_iters(model, sgd):
    """A window closes where `max_iters` ends the run."""
    trainer = create_supervised_trainer(model, sgd, difference, gradient_accumulation_steps=4)
    data = [pair(1.0), pair(3.0), pair(5.0)]
    trainer.run(data, max_iters=2)
    assert model.weight.item() == pytest.approx(1 - 2)
    trainer.run(data, max_iters=3)
    assert model.weight.item() == pytest.approx(1 - 2 - 5)


def test_handlers_see_gradients(model, sgd):
    """The gradients of a step are there for the handlers after it."""
    trainer = create_supervised_trainer(model, sgd, difference)
    grads = []
    trainer.add_event_handler(Events.ITERATION_COMPLETED, lambda: grads.append(model.weight.grad.item()))
    trainer.run([pair(2.0), pair(3.0)])
    assert grads == [2.0, 3.0]


def test_accumulated_loss_is_the_batchs(model, sgd):
    """The output is the batch's own loss, not its share of a window."""
    trainer = create_supervised_trainer(model, sgd, difference, gradient_accumulation_steps=2)
    losses = []
    trainer.add_event_handler(Events.ITERATION_COMPLETED, lambda: losses.append(trainer.state.output.item()))
    trainer.run([pair(3.0), pair(5.0)])
    assert losses == [3.0, 5.0]


def test_accumulation_synchronises_once(model, sgd):
    """All batches of a window but the last run under the model's `no_sync`."""
    entered = []

    class Parallel(nn.Module):
        def __init__(self):
            super().__init__()
            self.module = model

        def forward(self, x):
            entered.append(False)
            return self.module(x)

        @contextlib.contextmanager
        def no_sync(self):
            yield
            entered[-1] = True

    create_supervised_trainer(Parallel(), sgd, difference, gradient_accumulation_steps=3).run([pair(1.0)] * 5)
    assert entered == [True, True, False, True, False]


@pytest.mark.parametrize(
    ("clip", "weight"),
    [({"clip_grad_norm": 0.5}, 0.5), ({"clip_grad_value": 0.25}, 0.75), ({"clip_grad_norm": 9.0}, -1.0)],
)
def test_clipping(model, sgd, clip, weight):
    """Gradients are clipped by norm or value before the step, over a whole window."""
    create_supervised_trainer(model, sgd, difference, **clip).run([pair(2.0)])
    assert model.weight.item() == pytest.approx(weight)
    model.weight.data.fill_(1.0)
    create_supervised_trainer(model, sgd, difference, gradient_accumulation_steps=2, **clip).run([pair(2.0)] * 2)
    assert model.weight.item() == pytest.approx(weight)


def test_clipping_comes_after_averaging(model, sgd):
    """Where the optimizer averages as it steps, as on XLA, it is the mean that is clipped; later steps are not."""

    def average(*step):
        model.weight.grad.mul_(0.25)

    sgd.register_step_pre_hook(average)
    create_supervised_trainer(model, sgd, difference, clip_grad_norm=0.6).run([pair(2.0)])
    assert model.weight.item() == pytest.approx(0.5)
    sgd.step()
    assert model.weight.grad.item() == pytest.approx(0.125)


@pytest.mark.parametrize("dtype", [None, torch.bfloat16])
def test_amp_on_the_cpu(dtype):
    """Under autocast the forward pass is bfloat16 on the CPU, the weights and the gradients stay float32."""
    model = nn.Linear(2, 2)
    dtypes = []

    def loss_fn(y_pred, y):
        dtypes.append(y_pred.dtype)
        return nn.functional.mse_loss(y_pred.float(), y)

    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    before = model.weight.detach().clone()
    trainer = create_supervised_trainer(model, optimizer, loss_fn, amp_mode="amp", amp_dtype=dtype)
    trainer.run([(torch.ones(4, 2), torch.zeros(4, 2))])
    assert dtypes == [torch.bfloat16]
    assert model.weight.dtype == torch.float32
    assert not torch.equal(model.weight, before)
    state = create_supervised_evaluator(model, amp_mode="amp", amp_dtype=dtype).run([(torch.ones(4, 2), "none")])
    assert state.output[0].dtype == torch.bfloat16


def test_amp_trains_like_float32():
    """A regression under bfloat16 comes to the weights of the one without, up to bfloat16's precision."""
    draw = torch.Generator().manual_seed(0)
    x = torch.randn(64, 3, generator=draw)
    batches = list(zip(x.split(8), (x @ torch.tensor([[1.0], [2.0], [3.0]])).split(8), strict=True))
    for mode in (None, "amp"):
        model = nn.Linear(3, 1)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        create_supervised_trainer(model, optimizer, nn.functional.mse_loss, amp_mode=mode).run(batches, max_epochs=30)
        assert model.weight.detach().squeeze().tolist() == pytest.approx([1, 2, 3], abs=0.05)


def test_scaler_unscales_before_clipping(model, sgd):
    """With a scaler, the gradient that is clipped and applied is the unscaled one, and the scaler grows."""
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0, growth_interval=1)
    trainer = create_supervised_trainer(
        model, sgd, difference, amp_mode="amp", scaler=scaler, clip_grad_norm=0.5, gradient_accumulation_steps=2
    )
    trainer.run([pair(2.0), pair(2.0)])
    assert model.weight.item() == pytest.approx(0.5)
    assert scaler.get_scale() == 2048.0
    assert trainer.state.scaler is scaler


def test_scaler_skips_steps_with_infinities(model, sgd):
    """A step whose gradients are infinite is left out, and the scale falls."""
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    create_supervised_trainer(model, sgd, difference, amp_mode="amp", scaler=scaler).run([pair(float("inf"))])
    assert model.weight.item() == 1.0
    assert scaler.get_scale() == 512.0


def test_a_scaler_of_its_own(model, sgd):
    """`scaler=True` makes one, which handlers find in the state and can save."""
    trainer = create_supervised_trainer(model, sgd, difference, amp_mode="amp", scaler=True)
    trainer.run([pair(2.0)])
    assert isinstance(trainer.state.scaler, torch.amp.GradScaler)
    assert model.weight.item() == pytest.approx(-1.0)


def test_compiled_model(model, sgd):
    """A compiled model trains like the plain one."""
    compiled = torch.compile(model, backend="eager")
    create_supervised_trainer(compiled, sgd, difference).run([pair(1.0, 3.0)])
    assert model.weight.item() == -1.0


def test_deterministic(model, sgd):
    """`deterministic=True` makes an engine whose shuffled data follow from the seed in its state."""
    data = torch.utils.data.TensorDataset(torch.arange(8.0), torch.zeros(8))
    orders = []
    for _ in range(2):
        trainer = create_supervised_trainer(
            model, sgd, difference, deterministic=True, output_transform=lambda x, y, y_pred, loss: x.item()
        )
        trainer.state.seed = 3
        trainer.add_event_handler(Events.ITERATION_COMPLETED, lambda engine: orders.append(engine.state.output))
        trainer.run(torch.utils.data.DataLoader(data, shuffle=True))
        assert isinstance(trainer, DeterministicEngine)
    assert orders[:8] == orders[8:]
    assert orders[:8] != sorted(orders[:8])


def test_steps_alone(model, sgd):
    """The steps serve in an engine of one's own."""
    Engine(supervised_training_step(model, sgd, difference)).run([pair(2.0)])
    assert model.weight.item() == -1.0
    state = Engine(supervised_evaluation_step(model)).run([pair(2.0)])
    assert state.output[0].tolist() == [-2.0]


def test_resume_within_a_window(model, sgd):
    """A run that goes on in the middle of a window still closes it at the right batch."""
    trainer = create_supervised_trainer(model, sgd, difference, gradient_accumulation_steps=2)
    trainer.add_event_handler(Events.ITERATION_COMPLETED(once=1), trainer.interrupt)
    data = [pair(1.0), pair(3.0)]
    trainer.run(data, max_epochs=1)
    trainer.run(data, max_epochs=1)
    assert model.weight.item() == pytest.approx(-1.0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"gradient_accumulation_steps": 0}, "`gradient_accumulation_steps` should be at least 1, got 0."),
        ({"scaler": True}, 'A gradient scaler belongs to `amp_mode="amp"`; got `amp_mode=None`.'),
        ({"amp_mode": "apex"}, "`amp_mode` should be 'amp', 'tpu' or None, got 'apex'."),
        (
            {"amp_mode": "tpu"},
            "`amp_mode=\"tpu\"` is for XLA devices, and this one is 'cpu'. "
            'Give `device=idist.device()` under the backend "xla-tpu", or use `amp_mode="amp"`.',
        ),
    ],
)
def test_bad_arguments(model, sgd, arguments, message):
    """Impossible settings are refused when the trainer is made."""
    with pytest.raises(ValueError, match=re.escape(message)) as raised:
        create_supervised_trainer(model, sgd, difference, **arguments)
    assert str(raised.value) == message


Point = namedtuple("Point", "x y")


def test_convert_tensor():
    """Tensors are moved inside of tuples, lists, named tuples and mappings; strings pass, other things are refused."""
    ones = torch.ones(1)
    moved = convert_tensor({"a": [ones, "word"], "b": (ones, Point(ones, b"raw"))}, device="meta")
    assert moved["a"][0].device.type == "meta"
    assert moved["a"][1] == "word"
    assert isinstance(moved["b"], tuple)
    assert moved["b"][1].x.device.type == "meta"
    assert moved["b"][1].y == b"raw"
    assert convert_tensor(ones) is ones
    assert convert_tensor({3}) == {3}  # without a device there is nothing to do
    with pytest.raises(TypeError) as raised:
        convert_tensor({3}, device="cpu")
    assert str(raised.value) == (
        "A batch holds tensors, strings, what has a method `to`, and sequences, mappings and dataclasses of them; "
        "got set."
    )


class Encoded(UserDict):
    """Entries that are attributes too; what is asked for and is not there is a KeyError, as programs have it."""

    def __getattr__(self, name):
        return self.data[name]


@dataclass(frozen=True)
class Sample:
    """A tensor, and what is none."""

    image: torch.Tensor
    name: str
    size: tuple[int, int]
    boxes: list[torch.Tensor]


class Points:
    """Moves itself, in its own way."""

    def __init__(self, x):
        self.x = x

    def to(self, device):
        """On another device."""
        return Points(self.x.to(device))


def test_containers_keep_their_types():
    """What a batch was on the host it is on the device, whatever holds its tensors."""
    ones = torch.ones(2)
    for batch in (OrderedDict(a=ones), defaultdict(list, a=ones), Encoded(a=ones), UserList([ones])):
        moved = convert_tensor(batch, "meta")
        assert type(moved) is type(batch)
        (entry,) = moved.values() if hasattr(moved, "values") else moved
        assert entry.device.type == "meta"
        assert ones.device.type == "cpu"
    assert convert_tensor(defaultdict(list, a=ones), "meta")["b"] == []
    packed = convert_tensor(pack_sequence([torch.ones(3), torch.ones(2)]), "meta")
    assert isinstance(packed, PackedSequence)
    assert (packed.data.device.type, packed.batch_sizes.tolist()) == ("meta", [2, 2, 1])
    moved = convert_tensor([Sample(ones, "cat", (2, 3), [ones]), Points(ones)], "meta")
    assert moved[0].image.device.type == moved[0].boxes[0].device.type == moved[1].x.device.type == "meta"
    assert (moved[0].name, moved[0].size) == ("cat", (2, 3))


@pytest.mark.parametrize(
    ("batch", "got"),
    [
        ({"x": 1, "y": 2}, "a dict with 'x', 'y'"),
        ({"x": 1, "y": 2, "id": 3}, "a dict with 'x', 'y', 'id'"),
        ((1, 2, 3), "a tuple of 3"),
        (None, "a NoneType"),
        ("xy", "a str"),
    ],
)
def test_a_batch_that_is_no_pair_is_told(batch, got, model, sgd):
    """The error says what came and where to make a pair of it; the keys of a mapping are not taken for its values."""
    with pytest.raises(TypeError) as raised:
        create_supervised_trainer(model, sgd, difference).run([batch])
    assert str(raised.value) == (
        f"A batch should be a pair `(x, y)`, got {got}. "
        "Give `prepare_batch`, a function of (batch, device, non_blocking) that makes a pair of it."
    )
