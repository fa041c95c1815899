"""The range test of learning rates."""

import copy
import warnings

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what Ignite imports is deprecated in torch
    from ignite import engine as their_engine
    from ignite import handlers as their_handlers

from scaffold_runtime import engine, handlers
from scaffold_runtime.engine import Engine, Events
from scaffold_runtime.handlers import FastaiLRFinder, LRScheduler

OPTIMIZER = torch.optim.SGD([torch.zeros(1)], lr=0.1)
DRAW = torch.Generator().manual_seed(0)
XS = torch.randn(400, 3, generator=DRAW)
SAMPLES = TensorDataset(XS, XS @ torch.tensor([[1.0], [-2.0], [0.5]]) + 5 + torch.randn(400, 1, generator=DRAW) / 2)


def training(engines=engine, groups=1, **options):
    """A network, its optimizer and trainer; a loader whose order is drawn."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
    parts = [{"params": part.parameters(), "lr": 1e-4} for part in (model[0], model[2])] if groups == 2 else None
    optimizer = torch.optim.SGD(parts or model.parameters(), lr=1e-4, momentum=0.9)
    trainer = engines.create_supervised_trainer(model, optimizer, nn.functional.mse_loss, **options)
    return trainer, {"model": model, "optimizer": optimizer}, DataLoader(SAMPLES, batch_size=8, shuffle=True)


def finder_of(lib, engines, groups, **options):
    """The results of a test."""
    trainer, to_save, loader = training(engines, groups)
    finder = lib.FastaiLRFinder()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with finder.attach(trainer, to_save, **options) as test:
            test.run(loader)
    return finder


@pytest.mark.parametrize("options", [{"end_lr": 50.0}, {"end_lr": 0.5, "step_mode": "linear"}, {"end_lr": 0.1}])
@pytest.mark.parametrize("groups", [1, 2])
def test_the_rates_are_those_of_ignite(options, groups):
    """The rates of the steps are the same, and the suggestions no more than some steps apart."""
    ours, theirs = (
        finder_of(handlers, engine, groups, **options),
        finder_of(their_handlers, their_engine, groups, **options),
    )
    rates, their_rates = ours.get_results()["lr"], theirs.get_results()["lr"]
    both = min(len(rates), len(their_rates))
    assert both > 20
    assert abs(len(rates) - len(their_rates)) <= 3
    for own, there in zip(rates[:both], their_rates[:both], strict=True):
        assert own == pytest.approx(there)
    places = [finder.get_results()["lr"].index(finder.lr_suggestion()) for finder in (ours, theirs)]
    assert abs(places[0] - places[1]) <= 3


def test_the_rate_beside_a_loss_is_its_own():
    """What the optimizer had at each step is what the results say, and the loss that of the step."""
    trainer, to_save, loader = training()
    used, losses = [], []
    to_save["optimizer"].register_step_pre_hook(lambda opt, *_: used.append(opt.param_groups[0]["lr"]))
    trainer.add_event_handler(Events.ITERATION_COMPLETED, lambda trainer: losses.append(trainer.state.output.item()))
    finder = FastaiLRFinder()
    with finder.attach(trainer, to_save, start_lr=1e-3, end_lr=40.0, num_iter=60, smooth_f=0) as test:
        test.run(loader)
    results = finder.get_results()
    done = len(results["lr"])
    assert results["lr"] == used[:done]
    assert results["loss"] == pytest.approx(losses[:done])
    assert used == pytest.approx([1e-3 * (40.0 / 1e-3) ** (place / 60) for place in range(1, len(used) + 1)])


def test_averages_of_losses():
    """A loss enters their moving average with its part; the test ends where that is too large."""
    trainer = Engine(lambda engine, batch: batch)
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.1)
    finder = FastaiLRFinder()
    with finder.attach(trainer, {"optimizer": optimizer}, smooth_f=0.5, diverge_th=2.0) as test:
        test.run([8.0, 4.0, 2.0, 20.0, 1.0])
    assert finder.get_results()["loss"] == [8.0, 6.0, 4.0, 12.0]


@pytest.mark.parametrize("broken", [float("nan"), float("inf")])
def test_a_broken_loss_ends_the_test(broken):
    """A loss that is no number has diverged, and is none of the results."""
    trainer = Engine(lambda engine, batch: batch)
    finder = FastaiLRFinder()
    with finder.attach(trainer, {"optimizer": torch.optim.SGD([torch.zeros(1)], lr=0.1)}) as test:
        assert test.run([3.0, 2.0, broken, 1.0]).iteration == 3
    assert len(finder.get_results()["loss"]) == 2


def trained(with_test, started=0, **options):
    """The weights after a training that was, or was not, begun with a range test."""
    trainer, to_save, loader = training(**options)
    schedule = LRScheduler(torch.optim.lr_scheduler.ExponentialLR(to_save["optimizer"], 0.99))
    schedule.attach(trainer)
    to_save["schedule"] = schedule
    if started:
        handle = trainer.add_event_handler(Events.ITERATION_COMPLETED(once=started), trainer.terminate)
        trainer.run(loader, max_epochs=2)
        handle.remove()
    if with_test:
        with FastaiLRFinder().attach(trainer, to_save, start_lr=1e-3, end_lr=40.0, num_iter=30) as test:
            test.run(loader)
    trainer.run(loader, max_epochs=2)
    return trainer.state.iteration, [weight.detach().clone() for weight in to_save["model"].parameters()]


@pytest.mark.filterwarnings("ignore:The range test has ended")
@pytest.mark.parametrize("options", [{}, {"started": 20}, {"gradient_accumulation_steps": 4}])
def test_a_training_after_it_is_one_without_it(options):
    """Network, optimizer, schedule, place in the data, random numbers are as if there had been no test, to the bit."""
    (count, plain), (their_count, after) = (trained(with_test, **options) for with_test in (False, True))
    assert count == their_count == 100
    assert all(torch.equal(one, other) for one, other in zip(plain, after, strict=True))


def test_a_test_that_fails_leaves_no_trace():
    """An error in the middle of it goes through, and all is as before."""
    trainer, to_save, loader = training()
    before = copy.deepcopy({name: obj.state_dict() for name, obj in to_save.items()})
    numbers = torch.get_rng_state()
    handle = trainer.add_event_handler(Events.ITERATION_COMPLETED(once=7), lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError), FastaiLRFinder().attach(trainer, to_save) as test:
        test.run(loader)
    handle.remove()
    assert torch.equal(torch.get_rng_state(), numbers)
    assert to_save["optimizer"].state_dict() == before["optimizer"]
    for name, weight in to_save["model"].state_dict().items():
        assert torch.equal(weight, before["model"][name])
    assert (trainer.state.iteration, trainer.state.epoch) == (0, 0)
    assert trainer.run(loader, max_epochs=2).iteration == 100


def test_batches_that_share_a_step_share_the_rate():
    """With accumulation a step of the optimizer has one rate and the mean of its losses."""
    trainer, to_save, loader = training(gradient_accumulation_steps=4)
    rates, losses = [], []
    trainer.add_event_handler(
        Events.ITERATION_COMPLETED,
        lambda trainer: (
            rates.append(to_save["optimizer"].param_groups[0]["lr"]),
            losses.append(trainer.state.output.item()),
        ),
    )
    finder = FastaiLRFinder()
    attached = finder.attach(trainer, to_save, start_lr=1e-5, end_lr=1e-2, num_iter=40, smooth_f=0)
    with attached as test, pytest.warns(UserWarning, match="has not diverged"):
        test.run(loader)
    results = finder.get_results()
    assert results["lr"] == rates[::4]
    assert results["loss"] == pytest.approx([sum(losses[place : place + 4]) / 4 for place in range(0, 40, 4)])


def test_the_longest_of_two_lengths():
    """`num_iter` is exactly the number of iterations, more or fewer than an epoch has."""
    for num_iter in (7, 120):
        trainer = Engine(lambda engine, batch: 1.0)
        with FastaiLRFinder().attach(trainer, {"optimizer": OPTIMIZER}, num_iter=num_iter) as test:
            with pytest.warns(UserWarning, match="has not diverged"):
                test.run([0] * 50)
            assert test.state.iteration == num_iter


def test_a_stream_needs_a_number():
    """Data that does not tell its length is a sentence that says what to give."""
    trainer = Engine(lambda engine, batch: 1.0)
    attached = FastaiLRFinder().attach(trainer, {"optimizer": OPTIMIZER})
    with attached as test, pytest.raises(ValueError, match="`num_iter` should say how long the test is"):
        test.run(iter([1, 2]))


def finder_with(rates, losses):
    """A finder that has found these."""
    trainer, finder = Engine(lambda engine, batch: batch), FastaiLRFinder()
    optimizer = torch.optim.SGD([{"params": [torch.zeros(1)], "lr": rate} for rate in rates])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with finder.attach(trainer, {"optimizer": optimizer}, smooth_f=0, end_lr=1.0, diverge_th=100.0) as test:
            test.run(losses)
    return finder, optimizer


def test_the_suggestion_is_where_the_loss_falls_fastest():
    """By hand: from 9, 8, 3, 2.5, 2 it falls by 6, 5.5 and 1 over two steps; the first of these is around the 8."""
    finder, optimizer = finder_with([0.1, 0.01], [9.0, 8.0, 3.0, 2.5, 2.0, 6.0])
    assert finder.lr_suggestion() == finder.get_results()["lr"][1]
    finder.apply_suggested_lr(optimizer)
    assert [group["lr"] for group in optimizer.param_groups] == finder.lr_suggestion()
    with pytest.raises(RuntimeError, match="of an optimizer with 2 parameter groups, and this one has 1"):
        finder.apply_suggested_lr(torch.optim.SGD([torch.zeros(1)]))


def test_without_a_valley_there_is_no_suggestion():
    """A loss that only rises, or no test at all, is a sentence."""
    with pytest.raises(RuntimeError, match="The loss is least at step 1 of 4: it does not fall before it rises"):
        finder_with([0.1], [1.0, 2.0, 3.0, 4.0])[0].lr_suggestion()
    with pytest.raises(RuntimeError, match="There has been no range test"):
        FastaiLRFinder().lr_suggestion()


@pytest.mark.parametrize("rates", [[0.001], [0.001, 0.002]])
def test_the_picture(rates):
    """The curve leaves out the first and last steps, and the suggested rates are marked."""
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg")
    losses = [20.0 - place for place in range(18)] + [9.0] * 4
    finder, _ = finder_with(rates, losses)
    with pytest.warns(UserWarning, match="which `skip_start=10` leaves out"):
        ax = finder.plot()
    assert ax.get_xscale() == "log"
    assert list(ax.lines[0].get_ydata()) == losses[10:-5]
    assert len(ax.collections) == len(rates)
    again = finder.plot(skip_start=0, skip_end=0, log_lr=False, display_suggestion=False, ax=ax)
    assert again is ax
    assert list(ax.lines[-len(rates)].get_ydata()) == losses
    matplotlib.pyplot.close("all")
    for wrong, message in (({"skip_start": -1}, "are numbers of steps, got -1 and 5"),):
        with pytest.raises(ValueError, match=message):
            finder.plot(**wrong)
    with pytest.raises(RuntimeError, match="There has been no range test"):
        FastaiLRFinder().plot()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"to_save": 3}, TypeError, "should be objects by name, got a int"),
        ({"to_save": {"optimizer": 3}}, TypeError, "`optimizer` should have `state_dict`"),
        ({"to_save": {"model": nn.Linear(1, 1)}}, ValueError, "should have 'optimizer'; it has 'model'"),
        ({"to_save": {"optimizer": nn.Linear(1, 1)}}, TypeError, "should be one of torch, got a Linear"),
        ({"smooth_f": 1.0}, ValueError, "at least 0 and below 1, got 1.0"),
        ({"diverge_th": 0.5}, ValueError, "at least 1, got 0.5"),
        ({"step_mode": "log"}, ValueError, "'exp' or 'linear', got 'log'"),
        ({"num_iter": 0}, ValueError, "at least 1, got 0"),
        ({"num_iter": 1.5}, TypeError, "a number of iterations, got 1.5"),
        ({"start_lr": [1e-3, 1e-3]}, ValueError, "one rate, or one for each of 1 groups"),
        ({"end_lr": "10"}, TypeError, "a rate, or a list of rates; got '10'"),
        ({"end_lr": 0.01}, ValueError, "should be below `end_lr`, got \\[0.1\\] and \\[0.01\\]"),
    ],
)
def test_wrong_arguments(arguments, error, message):
    """Each is told in a sentence, before anything runs."""
    trainer = Engine(lambda engine, batch: 1.0)
    with (
        pytest.raises(error, match=message),
        FastaiLRFinder().attach(trainer, **{"to_save": {"optimizer": OPTIMIZER}, **arguments}),
    ):
        pass


@pytest.mark.parametrize(
    ("output", "error", "message"),
    [
        (torch.zeros(2), ValueError, "should be one number, and `output_transform` gives a tensor of shape \\(2,\\)"),
        ({"loss": 1.0}, TypeError, "should be one number, and `output_transform` gives a dict"),
    ],
)
def test_an_output_that_is_no_loss(output, error, message):
    """The error says what came instead."""
    trainer = Engine(lambda engine, batch: output)
    with pytest.raises(error, match=message), FastaiLRFinder().attach(trainer, {"optimizer": OPTIMIZER}) as test:
        test.run([0])


def test_two_processes_stop_together(run_program):
    """Their losses differ, and the mean decides: both have the same results, and afterwards the weights from before."""
    ours, theirs = run_program("range_test.py", processes=2)
    assert ours == theirs
    assert "done" in ours
