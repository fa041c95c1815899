"""What each tracker has of a run, read by its own reader: `python readers.py TRACKER OUTPUTS RUN` prints it as JSON.

Run in the environment of the trackers; it imports nothing of ours. All of them give the same: values by name and step,
the configuration, names of files, and the status if the tracker keeps one.
"""

import json
import os
import re
import sys
import warnings
import zipfile
from collections import defaultdict
from pathlib import Path

warnings.simplefilter("ignore")

OUTPUTS, RUN = Path(sys.argv[2]).resolve(), sys.argv[3]


def known(name):
    """What the run's folder says of the tracker's run."""
    return json.loads((OUTPUTS / RUN / f"{name}.json").read_text())


def read_mlflow():
    """By its client, of a server or of the file."""
    from mlflow.tracking import MlflowClient

    client = MlflowClient(os.environ.get("MLFLOW_TRACKING_URI", f"sqlite:///{OUTPUTS / 'mlflow.db'}"))
    run = client.get_run(known("mlflow")["run"])
    values = {
        name: {point.step: point.value for point in client.get_metric_history(run.info.run_id, name)}
        for name in run.data.metrics
    }
    files = [file.path for file in client.list_artifacts(run.info.run_id)]
    return {"values": values, "config": run.data.params, "files": files, "status": run.info.status}


def read_wandb():
    """By the messages in its files; those of all starts of the run belong together by their id."""
    from wandb.proto import wandb_internal_pb2

    told = {"values": defaultdict(dict), "config": {}, "files": [], "status": None}
    for folder in sorted((OUTPUTS / "wandb").glob(f"offline-run-*-{known('wandb')['run']}")):
        for chunk in leveldb_records(next(folder.glob("*.wandb"))):
            record = wandb_internal_pb2.Record.FromString(chunk)
            kind = record.WhichOneof("record_type")
            if kind == "history":
                row = {
                    item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in record.history.item
                }
                for name, value in row.items():
                    step = row.get(f"{name.partition('/')[0]}/step")
                    if step is not None and isinstance(value, (int, float)) and not name.endswith("/step"):
                        told["values"][name][step] = float(value)
            elif kind in ("run", "config"):
                message = record.run.config if kind == "run" else record.config
                told["config"] |= {
                    item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in message.update
                }
            elif kind == "exit":
                told["status"] = record.exit.exit_code
        told["files"] += [path.name for path in (folder / "files").iterdir()]
    return told


def leveldb_records(path):
    """The records of a log of LevelDB: a header of seven bytes, then blocks of 32 KiB with pieces of records."""
    content, place, piece = path.read_bytes(), 7, b""
    while place + 7 <= len(content):
        left = 32768 - place % 32768
        if left < 7:
            place += left
            continue
        length, kind = int.from_bytes(content[place + 4 : place + 6], "little"), content[place + 6]
        if kind == 0:  # preallocated, and not written
            break
        chunk = content[place + 7 : place + 7 + length]
        place += 7 + length
        piece = chunk if kind in (1, 2) else piece + chunk
        if kind in (1, 4):
            yield piece


def read_trackio():
    """By its storage."""
    os.environ["TRACKIO_DIR"] = str(OUTPUTS / "trackio")
    from trackio.sqlite_storage import SQLiteStorage

    project, name = "digits", known("trackio")["run"]
    values = defaultdict(dict)
    for row in SQLiteStorage.get_logs(project, name):
        for key, value in row.items():
            if key not in ("step", "timestamp"):
                values[key][row["step"]] = value
    files = [path.name for path in (OUTPUTS / "trackio").rglob("*") if path.is_file()]
    return {"values": values, "config": SQLiteStorage.get_run_config(project, name), "files": files, "status": None}


def read_swanlab():
    """By the messages in its files."""
    import yaml
    from google.protobuf.json_format import MessageToDict
    from swanlab.proto.swanlab.record.v1.record_pb2 import Record
    from swanlab.sdk.internal.core_python.store import DataStoreReader

    told = {"values": defaultdict(dict), "config": {}, "files": [], "status": None}
    for file in sorted((OUTPUTS / "swanlog").glob(f"run-*-{known('swanlab')['run']}/*.swanlab")):
        if not file.stat().st_size:  # a kill came before the first record
            continue
        store = DataStoreReader()
        store.open(str(file))
        for chunk in store:
            record = Record()
            record.ParseFromString(chunk)
            message = MessageToDict(record, preserving_proto_field_name=True)
            if scalar := message.get("scalar"):
                told["values"][scalar["key"]][int(scalar.get("step", 0))] = float(scalar["value"].get("number", 0))
            elif finish := message.get("finish"):
                told["status"] = finish["state"]
            elif media := message.get("media"):
                told["files"].append(f"{media['key']}.png")
        store.close()
        written = yaml.safe_load((file.parent / "files" / "config.yaml").read_text())
        told["config"] |= {name: entry["value"] for name, entry in written.items()}
    return told


def read_dvclive():
    """By its parser."""
    from types import SimpleNamespace

    import yaml
    from dvclive.utils import parse_metrics

    folder = OUTPUTS / RUN / "dvclive"
    live = SimpleNamespace(plots_dir=str(folder / "plots"), metrics_file=str(folder / "metrics.json"), dir=str(folder))
    history, _ = parse_metrics(live)
    values = {
        str(Path(name).relative_to(folder / "plots" / "metrics").with_suffix("")): {
            int(row["step"]): float(row[next(key for key in row if key not in ("step", "timestamp"))]) for row in rows
        }
        for name, rows in history.items()
    }
    files = [path.name for path in folder.rglob("*") if path.is_file()]
    return {
        "values": values,
        "config": yaml.safe_load((folder / "params.yaml").read_text()),
        "files": files,
        "status": None,
    }


def read_aim():
    """By its repository."""
    import aim

    repository = aim.Repo(str(OUTPUTS / "aim"))
    repository._recreate_index()  # as `aim up` does
    run = aim.Run(run_hash=known("aim")["run"], repo=repository, read_only=True)
    values = {}
    for metric in run.metrics():
        steps, (numbers, *_) = metric.data.items_list()
        values[metric.name] = dict(zip(map(int, steps), map(float, numbers), strict=True))
    return {"values": values, "config": run["config"], "files": list(run.artifacts), "status": run.get("status")}


def read_comet():
    """By the messages in its archives."""
    told = {"values": defaultdict(dict), "config": {}, "files": [], "status": None}
    for file in sorted((OUTPUTS / "comet").glob(f"{known('comet')['run']}*.zip"), key=os.path.getmtime):
        with zipfile.ZipFile(file) as archive:
            if "messages.json" not in archive.namelist():  # a kill came before its end
                continue
            for line in archive.read("messages.json").decode().splitlines():
                message = json.loads(line)
                kind, payload = message["type"], message["payload"]
                if metric := payload.get("metric"):
                    told["values"][metric["metricName"]][metric["step"]] = float(metric["metricValue"])
                elif kind == "parameter_msg":
                    param = payload.get("param") or payload["params"]
                    told["config"][param["paramName"]] = param["paramValue"]
                elif "additional_params" in payload:
                    told["files"].append(payload["additional_params"].get("fileName"))
                elif kind == "log_other" and payload.get("key") == "status":
                    told["status"] = payload["value"]
    return told


def read_clearml():
    """By the messages in its archives and folders."""
    told = {"values": defaultdict(dict), "config": {}, "files": [], "status": None}
    for file in sorted((OUTPUTS / "clearml").rglob("*.zip"), key=os.path.getmtime):
        with zipfile.ZipFile(file) as archive:
            task = json.loads(archive.read("task.json"))
            if task["name"] != RUN:
                continue
            parameters = (task.get("hyperparams") or {}).get("config", {})
            told["config"] |= {name: entry["value"] for name, entry in parameters.items()}
            told["files"] += [artifact["key"] for artifact in (task.get("execution") or {}).get("artifacts", [])]
            told["status"] = task["hyperparams"].get("run", {}).get("status", {}).get("value")
            for line in archive.read("metrics.jsonl").decode().splitlines():
                for event in json.loads(line):
                    if event.get("type") == "training_stats_scalar":
                        told["values"][f"{event['metric']}/{event['variant']}"][event["iter"]] = event["value"]
    return told


def read_visdom():
    """By its server."""
    import visdom

    client = visdom.Visdom(
        server="http://127.0.0.1", port=int(os.environ["VISDOM_PORT"]), use_incoming_socket=False, raise_exceptions=True
    )
    environment = known("visdom")["run"]
    windows = json.loads(client.get_window_data(None, env=environment))
    values = {
        name: dict(zip(map(int, window["content"]["data"][0]["x"]), window["content"]["data"][0]["y"], strict=True))
        for name, window in windows.items()
        if window["type"] == "plot"
    }
    config = dict(
        re.findall(
            r"^([\w.]+): (.*)$",
            windows["config"]["content"].removeprefix("<pre>").removesuffix("</pre>"),
            flags=re.MULTILINE,
        )
    )
    return {"values": values, "config": config, "files": [], "status": windows.get("status", {}).get("content")}


def read_polyaxon():
    """By the reader of its events."""
    from traceml.events import V1Events

    folder = OUTPUTS / "polyaxon" / "runs" / known("polyaxon")["run"]
    values = {}
    for file in (folder / "events" / "metric").glob("*.plx"):
        events = V1Events.read(kind="metric", name=file.stem, data=str(file))
        values[file.stem.replace("__", "/")] = {int(row["step"]): row["metric"] for row in events.df.to_dict("records")}
    facts = json.loads((folder / "run.plx.json").read_text())
    files = [path.name for path in folder.rglob("*") if path.is_file()]
    return {"values": values, "config": facts["inputs"], "files": files, "status": facts["status"]}


def read_neptune():
    """By the queue that its client keeps, of all starts of the run."""
    told = {"values": defaultdict(dict), "config": {}, "files": [], "status": None}
    for folder in sorted((OUTPUTS / "neptune" / "offline").glob("run__*"), key=os.path.getmtime):
        operations = [(type(one).__name__, "/".join(one.path), one) for one in neptune_operations(folder)]
        if not any(path == "sys/name" and one.value == RUN for _, path, one in operations):
            continue
        for kind, path, operation in operations:
            if kind == "LogFloats":
                told["values"][path] |= {int(point.step): point.value for point in operation.values}
            elif kind.startswith("Assign") and path.startswith("config/"):
                told["config"][path.removeprefix("config/")] = operation.value
            elif kind == "AssignString" and path == "status":
                told["status"] = operation.value
            elif kind.startswith("Upload"):
                told["files"].append(path.rpartition("/")[2])
    return told


def neptune_operations(folder):
    """What stands in a queue."""
    import threading

    from neptune.core.components.queue.disk_queue import DiskQueue
    from neptune.internal.operation import Operation

    queue = DiskQueue(
        data_path=folder, to_dict=lambda one: one.to_dict(), from_dict=Operation.from_dict, lock=threading.RLock()
    )
    while (element := queue.get()) is not None:
        yield element.obj


if __name__ == "__main__":
    print(json.dumps(globals()[f"read_{sys.argv[1]}"](), default=str))
