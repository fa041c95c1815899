"""What all metrics have from `Metric`: engines, usages, arithmetic, sharing, synchronisation."""

import copy
import gc
import weakref
from collections import defaultdict

import pytest
import torch
import torch._dynamo.testing
from torch.nn.functional import cross_entropy

from scaffold_runtime.engine import Engine, Events
from scaffold_runtime.metrics import (
    Accuracy,
    Average,
    BatchFiltered,
    ConfusionMatrix,
    Fbeta,
    Loss,
    MeanSquaredError,
    Metric,
    MetricGroup,
    PearsonCorrelation,
    Precision,
    Recall,
    RunningAverage,
)
from scaffold_runtime.metrics.machinery.labels import Labels

BATCHES = [
    (torch.tensor([[0.0, 1.0], [1.0, 0.0]]), torch.tensor([1, 1])),
    (torch.tensor([[0.0, 1.0], [0.0, 1.0]]), torch.tensor([1, 1])),
    (torch.tensor([[1.0, 0.0]]), torch.tensor([1])),
]


def _engine():
    return Engine(lambda engine, batch: batch)


def _run(metric, usage=None, *, epochs=1, batches=BATCHES):
    engine, seen = _engine(), []
    metric.attach(engine, "m", usage)
    engine.add_event_handler(Events.ITERATION_COMPLETED, lambda: seen.append(engine.state.metrics.get("m")))
    engine.run(batches, max_epochs=epochs)
    return engine.state.metrics["m"], seen


def test_epoch_wise():
    """The value is that of the last epoch, known at its end."""
    value, seen = _run(Accuracy(), epochs=2)
    assert value == 0.6
    assert seen == [None, None, None, 0.6, 0.6, 0.6]


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ("batch_wise", [0.5, 1.0, 0.0]),
        ("running_batch_wise", [0.5, 0.75, 0.6]),
        ("single_epoch_running_batch_wise", [0.5, 0.75, 0.6]),
    ],
)
def test_batch_wise(usage, expected):
    """The value is known after each batch: of it alone, or of all so far."""
    _, seen = _run(Accuracy(), usage)
    assert seen == expected


def test_running_usages_differ_in_the_second_epoch():
    """A running metric goes on over epochs, unless it is bound to one."""
    assert _run(Accuracy(), "running_batch_wise", epochs=2)[1][3] == pytest.approx(4 / 7)
    assert _run(Accuracy(), "single_epoch_running_batch_wise", epochs=2)[1][3] == 0.5


def test_batch_filtered():
    """Only the batches that pass the filter count."""
    assert _run(Accuracy(), BatchFiltered(every=2))[0] == 1.0


def test_unknown_usage():
    """A usage that is not there is refused with those that are."""
    with pytest.raises(ValueError, match=r"^There is no usage 'daily'\. Use one of batch_wise, epoch_wise, "):
        Accuracy().attach(_engine(), "m", "daily")
    with pytest.raises(TypeError, match=r"^`usage` should be a `MetricUsage` or its name, got int\.$"):
        Accuracy().attach(_engine(), "m", 3)


def test_one_metric_in_two_usages():
    """They would reset each other's batches, so the second is refused, unless only their values are due apart."""
    engine, metric, refuses_pairs = _engine(), Accuracy(), Average()
    metric.attach(engine, "epoch")
    message = (
        r"^This Accuracy is reset and updated by the engine already, at other events than those of 'batch_wise'\. "
        r"Attach another instance\.$"
    )
    with pytest.raises(ValueError, match=message):
        metric.attach(engine, "batch", "batch_wise")
    with pytest.raises(ValueError, match=message):
        (refuses_pairs + metric).attach(engine, "sum", "batch_wise")
    with pytest.raises(ValueError, match=message):
        RunningAverage(metric).attach(engine, "running")
    metric.attach(engine, "so far", "single_epoch_running_batch_wise")
    metric.attach(engine, "again")
    engine.run(BATCHES, max_epochs=2)
    assert engine.state.metrics == {"epoch": 0.6, "so far": 0.6, "again": 0.6}


def test_one_of_two_usages_is_detached():
    """The other one goes on, and with the last of them the metric may start anew in any usage."""
    engine, metric = _engine(), Accuracy()
    metric.attach(engine, "epoch")
    metric.attach(engine, "so far", "single_epoch_running_batch_wise")
    metric.detach(engine)
    engine.run(BATCHES)
    assert engine.state.metrics == {"so far": 0.6}
    metric.attach(engine, "epoch")
    metric.detach(engine, "single_epoch_running_batch_wise")
    engine.run(BATCHES[:1], max_epochs=2)
    assert engine.state.metrics["epoch"] == 0.5
    metric.detach(engine)
    metric.attach(engine, "batch", "batch_wise")
    engine.run(BATCHES, max_epochs=3)
    assert engine.state.metrics["batch"] == 0.0


def test_detached():
    """A detached metric is neither updated nor written, and the engine holds no handler of it."""
    engine, metric = _engine(), Accuracy()
    metric.attach(engine, "m")
    assert metric.is_attached(engine)
    assert not metric.is_attached(engine, "batch_wise")
    metric.detach(engine)
    assert not metric.is_attached(engine)
    engine.run(BATCHES)
    assert engine.state.metrics == {}


def test_an_engine_with_metrics_is_freed():
    """Metrics keep no engine alive."""
    engine, metric = _engine(), Accuracy()
    metric.attach(engine, "m")
    gone = weakref.ref(engine)
    del engine
    gc.collect()
    assert gone() is None


def test_mapping_as_result():
    """A group's values are written by their names and whole; a clash of names is refused."""
    engine = _engine()
    MetricGroup({"accuracy": Accuracy(), "recall": Recall()}).attach(engine, "all")
    engine.run(BATCHES)
    assert engine.state.metrics["accuracy"] == engine.state.metrics["all"]["accuracy"] == 0.6
    with pytest.raises(ValueError, match=r"^The metric's name 'a' is also a key of its result, \['a'\]\."):
        _run_named(MetricGroup({"a": Accuracy()}), "a")


def test_a_group_grows():
    """A metric that is put into a group takes part from the next epoch on."""
    group = MetricGroup({"accuracy": Accuracy()})
    group.metrics["recall"] = Recall()
    engine = _engine()
    group.attach(engine, "all")
    assert engine.run(BATCHES).metrics["recall"].tolist() == [0, 0.6]


def test_a_group_of_something_else():
    """A value that is no metric is refused."""
    with pytest.raises(TypeError, match=r"^`metrics` should hold metrics by name, got int as 'a'\.$"):
        MetricGroup({"a": 3})


def _run_named(metric, name):
    engine = _engine()
    metric.attach(engine, name)
    engine.run(BATCHES)


def test_a_part_outlives_a_whole():
    """Detaching what is computed from a metric leaves the metric attached, and the other way round."""
    engine, accuracy = _engine(), Accuracy()
    error = 1 - accuracy
    accuracy.attach(engine, "accuracy")
    error.attach(engine, "error")
    with pytest.raises(ValueError, match=r"^This metric is attached to an engine"):
        error.update(BATCHES[0])
    accuracy.detach(engine)
    assert engine.run(BATCHES).metrics == {"error": 0.4}
    error.detach(engine)
    engine.state.metrics.clear()
    assert engine.run(BATCHES, max_epochs=2).metrics == {}


def test_sharing(monkeypatch):
    """Metrics of one engine read the labels of a batch once, and nothing of it stays afterwards."""
    read = []
    argmax = torch.Tensor.argmax
    monkeypatch.setattr(torch.Tensor, "argmax", lambda *args, **kwargs: read.append(1) or argmax(*args, **kwargs))
    engine, metrics = _engine(), {"a": Accuracy(), "p": Precision(), "r": Recall(), "c": ConfusionMatrix(2)}
    for name, metric in metrics.items():
        metric.attach(engine, name)
    engine.run(BATCHES)
    assert len(read) == len(BATCHES)
    gc.collect()
    assert not [kept for kept in gc.get_objects() if type(kept) is Labels]
    assert all(not metric.batch_cache.is_open for metric in metrics.values())


def test_a_reused_buffer_is_a_new_batch():
    """A process function that writes every batch to the same tensors is measured right."""
    y_pred, y = torch.empty(2, 2), torch.empty(2, dtype=torch.int64)

    def step(engine, batch):
        y_pred.copy_(batch[0])
        y.copy_(batch[1])
        return y_pred, y

    engine = Engine(step)
    for name in "ab":
        Accuracy().attach(engine, name)
    assert engine.run(BATCHES[:2]).metrics == {"a": 0.75, "b": 0.75}


def test_device_is_kept():
    """States follow the batches, or stay where they were put, whatever comes."""
    follows, stays = PearsonCorrelation(), PearsonCorrelation(device="meta")
    follows.update((torch.zeros(2, device="meta"), torch.zeros(2, device="meta")))
    follows.reset()
    stays.update((torch.zeros(2), torch.zeros(2)))
    assert (follows.device.type, follows._moments.device.type) == ("meta", "meta")
    assert stays._moments.device.type == "meta"


def test_inference_mode():
    """What is made, or moved to the batches' device, within inference mode, is updated outside of it too."""
    with torch.inference_mode():
        made = Accuracy()
        made.update(BATCHES[0])
    made.update(BATCHES[1])
    assert made.compute() == 0.75
    moved, meta = Accuracy(), tuple(part.to("meta") for part in BATCHES[0])
    with torch.inference_mode():
        moved.update(meta)
    moved.update(meta)
    assert not moved._num_correct.is_inference()


def test_copies_are_apart():
    """A deep copy counts for itself."""
    metric = Accuracy()
    metric.update(BATCHES[0])
    other = copy.deepcopy(metric)
    other.update(BATCHES[1])
    assert (metric.compute(), other.compute()) == (0.5, 0.75)


def test_states_of_another_metric():
    """A state that is another metric's is refused."""
    with pytest.raises(
        ValueError, match=r"^Accuracy has the states \['_num_correct', '_num_examples'\] and 0 members, got "
    ):
        Accuracy().load_state_dict(MeanSquaredError().state_dict())
    with pytest.raises(
        ValueError, match=r"^The state of a metric has the keys 'ranks' and 'members', got \['_sum'\]\.$"
    ):
        Accuracy().load_state_dict({"_sum": 1})
    two = MetricGroup({"accuracy": Accuracy(), "recall": Recall()}).state_dict()
    with pytest.raises(ValueError, match=r"^MetricGroup has the states \[\] and 1 members, got \[\] and 2\."):
        MetricGroup({"accuracy": Accuracy()}).load_state_dict(two)


def test_written_for_ignite(contract, written_for_ignite):
    """A metric written for Ignite runs with its imports renamed, over processes too."""
    batches = [(torch.tensor(part),) for part in ([0, 1, 1], [2], [1, 0])]
    contract(written_for_ignite.share_of_ones, batches, (0.5, 2), on_meta=False)
    metric = written_for_ignite.share_of_ones()
    assert metric._result is None


def test_lists_and_metrics_within_one_written_for_ignite(two_processes, written_for_ignite):
    """They are saved and taken up like its numbers."""
    make = written_for_ignite.Spread
    one, other = ([(torch.tensor(part),) for part in parts] for parts in ([[0, 1, 1], [3]], [[1], [7, 1]]))
    states = two_processes.run("save", [(make(), one), (make(), other)])
    assert two_processes.run("resume", [(make(), state) for state in states]) == [(3, 4 / 7), (6, 4 / 7)]
    alone, resumed = make(), make()
    for batch in one:
        alone.update(batch)
    resumed.load_state_dict(alone.state_dict())
    resumed.update((torch.tensor([9, 1]),))
    assert resumed.compute() == (9, 3 / 6)


def test_lists_and_dicts_of_one_written_for_ignite(two_processes, written_for_ignite):
    """Numbers, tensors of no axes and metrics that they hold are saved and taken up, of one process and of two."""
    make = written_for_ignite.ByClass
    one, other = ([(torch.tensor(part),) for part in parts] for parts in ([[0, 1, 1], [3]], [[1], [2, 1]]))
    # By hand: each process's own numbers, and the shares and largest of both.
    values = [(2, 0, [2 / 3, 3.0, 3, 1], 4 / 7, 3), (2, 1, [1.0, 1.5, 1, 2], 4 / 7, 3)]
    found = two_processes.run("compute", [(make(), one), (make(), other)])
    assert [(*each[:2], pytest.approx(each[2]), *each[3:]) for each in values] == found
    states = two_processes.run("save", [(make(), one), (make(), other)])
    assert two_processes.run("resume", [(make(), state) for state in states]) == found
    alone, resumed = make(), make()
    for batch in one:
        alone.update(batch)
    resumed.load_state_dict(alone.state_dict())
    expected = alone.compute()
    assert resumed.compute() == expected == (2, 0, pytest.approx(values[0][2]), 0.5, 3)
    resumed.update((torch.tensor([1, 2]),))
    assert alone.compute() == expected, "what was loaded is no copy"


@pytest.mark.parametrize("value", [object(), {"a": 1, "b": Accuracy()}, [None, "word"], defaultdict(int)])
def test_what_one_written_for_ignite_cannot_save(value):
    """Anything but numbers, tensors and metrics is refused where it would be left out, by name."""

    class Odd(Accuracy):
        _state_dict_all_req_keys = ("_odd",)
        _odd = value

    odd = Odd()
    odd.update(BATCHES[0])
    assert odd.compute() == 0.5
    with pytest.raises(TypeError, match=r".") as error:
        MetricGroup({"odd": odd}).state_dict()
    assert str(error.value) == (
        "`_odd` of Odd should be numbers, tensors or metrics, or lists or dicts of one of them, to be saved; "
        f"got {value!r}. Take it out of `_state_dict_all_req_keys`, or change what it is."
    )


def test_compute_of_a_class_beside_it(contract, written_for_ignite):
    """A `compute` that a metric has of another base merges processes too."""
    contract(written_for_ignite.Count, [(torch.zeros(n),) for n in (2, 3, 4)], 9, on_meta=False)


def test_what_one_written_for_ignite_knows_of_its_base(written_for_ignite):
    """It reads and sets the attributes that Ignite's base class has."""
    engine, metric = _engine(), written_for_ignite.Doubled()
    metric.attach(engine, "doubled")
    engine.run([(torch.ones(3), None), (torch.ones(2), None)])
    assert engine.state.metrics == {"doubled": 10.0}
    metric.update(torch.ones(1))
    assert metric.compute() == 11.0


def test_compute_of_a_sibling():
    """Of two bases, one of them without a `compute`, it is that of the other."""

    class Named(Metric):
        name = "n"

    class Both(Named, Accuracy):
        pass

    both = Both()
    both.update(BATCHES[0])
    assert both.compute() == 0.5


def test_unknown_reduction(written_for_ignite):
    """Ignite's operations are known, others are not."""
    with pytest.raises(
        ValueError, match=r"^Attribute '_x' should be reduced by one of SUM, MIN, MAX, PRODUCT, got 'AVG'"
    ):
        written_for_ignite.sync_all_reduce("_x:AVG")


def test_one_exchange_for_all(three_processes, written_for_ignite):
    """Many metrics of an evaluator take two collectives an epoch, an empty shard included."""
    precision = Precision(average=False)
    metrics: dict[str, Metric] = {f"accuracy {i}": Accuracy() for i in range(7)} | {
        **{f"matrix {i}": ConfusionMatrix(2) for i in range(7)},
        "loss": Loss(cross_entropy),
        "f1": Fbeta(1.0, precision=precision),
        "precision": precision,
        "group": MetricGroup({"top": Accuracy(), "recall": Recall(average="weighted")}),
    }
    found = three_processes.run("evaluate", [(metrics, BATCHES[:2]), (metrics, []), (metrics, BATCHES[2:])])
    for rank in found:
        assert rank["metrics"]["accuracy 6"] == rank["metrics"]["top"] == 0.6
        assert rank["metrics"]["matrix 6"].tolist() == [[0, 0], [2, 3]]
        assert rank["metrics"]["f1"] == pytest.approx(2 * 0.6 / 1.6 / 2)
    # Epochs of the empty shard end at once, and it takes part all the same.
    assert [rank["collectives"] for rank in found] == [4, 4, 4]


def test_few_small_states_take_one_collective(two_processes):
    """Where all of them fit into half a kilobyte, one collective an epoch does."""
    metrics = {"accuracy": Accuracy(), "loss": Loss(cross_entropy), "matrix": ConfusionMatrix(2)}
    found = two_processes.run("evaluate", [(metrics, BATCHES[:1]), (metrics, BATCHES[1:])])
    assert [rank["collectives"] for rank in found] == [2, 2]


def test_a_number_travels_as_the_type_it_has(two_processes):
    """A state that is a float on one rank arrives as one where it is still the int that it was declared as."""
    half, none = Accuracy(), Accuracy()
    half.set_state_values({"_num_examples": 0.5})
    for saved in two_processes.run("save", [(half, []), (none, [])]):
        assert [rank["_num_examples"] for rank in saved["ranks"]] == [0.5, 0]


def test_a_state_that_has_left_its_declared_form(two_processes):
    """A rank that has no batch takes it for what it is: each value travels with its type and shape."""
    own, none = Accuracy(), Accuracy()
    own.set_state_values({"_num_correct": torch.tensor([1.5, 2.0]), "_num_examples": torch.tensor(3)})
    for saved in two_processes.run("save", [(own, []), (none, [])]):
        correct = [torch.as_tensor(rank["_num_correct"]) for rank in saved["ranks"]]
        assert [(value.dtype, value.tolist()) for value in correct] == [(torch.float32, [1.5, 2.0]), (torch.int64, 0)]
        assert [torch.as_tensor(rank["_num_examples"]).item() for rank in saved["ranks"]] == [3, 0]


def test_running_average_costs_no_collective_but_at_the_end_of_an_epoch(two_processes):
    """Two epochs of a running average are two exchanges, whatever the number of batches; the ranks then agree."""
    metrics = {"loss": RunningAverage(output_transform=torch.Tensor.float, alpha=0.5)}
    shards = [[torch.tensor(1.0)] * 4, [torch.tensor(3.0)] * 4]
    found = two_processes.run("evaluate", [(metrics, shard) for shard in shards])
    assert [rank["metrics"]["loss"].item() for rank in found] == [2.0, 2.0]
    assert [rank["collectives"] for rank in found] == [2, 2]


def test_a_transform_set_while_attached():
    """It applies from the next batch on, also where other metrics of the engine take its output as it is."""
    engine, metrics = _engine(), [Accuracy(), Accuracy()]
    for name, metric in zip("ab", metrics, strict=True):
        metric.attach(engine, name)
    engine.run(BATCHES)
    metrics[1].output_transform = lambda output: (output[0].flip(1), output[1])
    assert engine.run(BATCHES, max_epochs=2).metrics == {"a": 0.6, "b": 0.4}


def test_metrics_that_come_and_go():
    """A metric attached or detached between runs is updated, or is not, beside those that read the same."""
    engine, first, second = _engine(), Accuracy(), Accuracy()
    first.attach(engine, "first")
    engine.run(BATCHES)
    second.attach(engine, "second")
    engine.run(BATCHES, max_epochs=2)
    assert engine.state.metrics == {"first": 0.6, "second": 0.6}
    first.detach(engine)
    engine.state.metrics.clear()
    assert engine.run(BATCHES, max_epochs=3).metrics == {"second": 0.6}


def test_labels_read_for_all_reach_their_devices():
    """Metrics that read labels together all follow the batches."""
    engine, metrics = _engine(), [Accuracy(), Precision()]
    for name, metric in zip("ab", metrics, strict=True):
        metric.attach(engine, name)
    engine.state.output = tuple(part.to("meta") for part in BATCHES[0])
    for event in (Events.EPOCH_STARTED, Events.ITERATION_COMPLETED):
        engine.fire_event(event)
    states = [state for metric in metrics for state in metric.state_values().values()]
    assert {state.device.type for state in states if isinstance(state, torch.Tensor)} == {"meta"}


def test_labels_count_refuses_what_update_refuses():
    """Beside others, too, a metric that has seen another kind of data says so."""
    engine = _engine()
    for name in "ab":
        Accuracy().attach(engine, name)
    with pytest.raises(ValueError, match=r"^Classes changed from 2 to 3\. Call `reset` between\.$"):
        engine.run([BATCHES[0], (torch.zeros(2, 3), torch.tensor([1, 1]))])
